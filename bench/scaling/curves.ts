import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeFiles, writeNoise } from "../workloads/content.ts";
import { type Setting, type Task, tagOf } from "../workloads/workload.ts";

/** How time and memory grow with one amount. */
export interface Curve {
  readonly name: string;
  readonly title: string;
  readonly points: readonly CurvePoint[];
}

export interface CurvePoint {
  readonly label: string;
  /** Amount of work, in whatever the curve counts. */
  readonly work: number;
  /** No more runs than this, where one takes long. */
  readonly maxRuns: number;
  readonly task: Task;
}

const MB = 1e6;
const FEW = 3;

export const CURVES: readonly Curve[] = [
  {
    name: "scaling-files",
    title: "COPY of files of 8 KB",
    points: [1000, 10_000, 100_000].map((count) =>
      point("scaling-files", count, count > 50_000 ? 1 : FEW, (context, round) => {
        writeFiles(join(context, "files"), count, round);
        return "FROM scratch\nCOPY files /files\n";
      }),
    ),
  },
  {
    name: "scaling-run-steps",
    title: "RUN steps",
    points: [10, 100].map((count) =>
      point("scaling-run-steps", count, FEW, (_, round, base) =>
        [`FROM ${base}`, ...numbers(count).map((index) => `RUN echo ${round}.${index} > /step`)].join("\n"),
      ),
    ),
  },
  {
    name: "scaling-copy-steps",
    title: "COPY steps of one small file",
    points: [10, 100, 1000].map((count) =>
      point("scaling-copy-steps", count, FEW, (context, round) => {
        for (const index of numbers(count)) writeFileSync(join(context, `f${index}`), `${round}.${index}\n`);
        return ["FROM scratch", ...numbers(count).map((index) => `COPY f${index} /`)].join("\n");
      }),
    ),
  },
  {
    name: "scaling-bytes",
    title: "bytes of one layer",
    points: [10 * MB, 100 * MB, 1000 * MB, 4000 * MB].map((bytes) =>
      point("scaling-bytes", bytes, bytes > 500 * MB ? 1 : FEW, (context) => {
        writeNoise(join(context, "big"), bytes);
        return "FROM scratch\nCOPY big /\n";
      }),
    ),
  },
  {
    name: "scaling-stages",
    title: "stages with one RUN each, then COPY from all",
    points: [1, 10, 100].map((count) =>
      point("scaling-stages", count, FEW, (_, round, base) =>
        [
          ...numbers(count).map((index) => `FROM ${base} AS s${index}\nRUN echo ${round}.${index} > /file`),
          `FROM ${base}`,
          ...numbers(count).map((index) => `COPY --from=s${index} /file /file${index}`),
        ].join("\n"),
      ),
    ),
  },
];

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

type Renew = (context: string, round: number, base: string) => string;

/** `renew` makes the context of a round and gives its Dockerfile. */
function point(curve: string, work: number, maxRuns: number, renew: Renew): CurvePoint {
  const label = short(work);
  const start = ({ baseImage }: { baseImage: string }, folder: string): Setting => {
    const context = join(folder, "context");
    mkdirSync(context);
    return {
      images: [baseImage],
      floors: [],
      renew: (round) => writeFileSync(join(context, "Dockerfile"), `${renew(context, round, baseImage)}\n`),
      request: (builder) => ({ context, tag: tagOf(curve, builder) }),
    };
  };
  const warmUps = maxRuns > 1 ? 1 : 0;
  return { label, work, maxRuns, task: { name: `${curve} ${label}`, warmUps, grows: true, start } };
}

/** 1k, 10k, 4G. */
export function short(amount: number): string {
  if (amount >= 1e9) return `${amount / 1e9}G`;
  if (amount >= 1e6) return `${amount / 1e6}M`;
  return amount >= 1e3 ? `${amount / 1e3}k` : `${amount}`;
}
