import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { tagOf, type Workload } from "./workload.ts";

const STEPS = 20;
const SLEEPERS = 8;
const TWENTY_NAMESPACES = `for i in $(seq ${STEPS}); do unshare --mount --pid --fork true; done`;

/** What a RUN step costs by itself. */
export const twentyRuns: Workload = {
  name: "run-20",
  title: "20 trivial RUN steps, no cache",
  goal: { buildkit: 0.35, docker: 0.23 },
  warmUps: 1,
  grows: false,
  start: ({ baseImage }, folder) => ({
    images: [baseImage],
    floors: [{ label: "20 x unshare", command: { argv: ["sh", "-c", TWENTY_NAMESPACES] } }],
    renew: (round) => {
      const steps = Array.from({ length: STEPS }, (_, index) => `RUN echo ${round}.${index} > /step`);
      writeFileSync(join(folder, "Dockerfile"), `${[`FROM ${baseImage}`, ...steps].join("\n")}\n`);
    },
    request: (builder) => ({ context: folder, tag: tagOf("run-20", builder) }),
  }),
};

/** Stages that do not wait for each other. */
export const sleepingStages: Workload = {
  name: "stages-8-sleep",
  title: "8 stages that sleep 1 s each, then COPY from all",
  goal: { buildkit: 0.6, docker: 0.45 },
  warmUps: 1,
  grows: false,
  start: ({ baseImage }, folder) => ({
    images: [baseImage],
    floors: [{ label: "sleep 1", command: { argv: ["sleep", "1"] } }],
    renew: (round) => writeFileSync(join(folder, "Dockerfile"), stages(baseImage, round)),
    request: (builder) => ({ context: folder, tag: tagOf("stages-8-sleep", builder) }),
  }),
};

function stages(base: string, round: number): string {
  const numbers = Array.from({ length: SLEEPERS }, (_, index) => index);
  const sleeping = numbers.map(
    (index) => `FROM ${base} AS s${index}\nRUN sleep 1 && echo ${round}.${index} > /woke\n`,
  );
  const copies = numbers.map((index) => `COPY --from=s${index} /woke /woke${index}\n`);
  return `${sleeping.join("")}FROM ${base}\n${copies.join("")}`;
}
