import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { timed } from "../measure/command.ts";
import type { Site } from "../site/site.ts";
import { type Floor, tagOf, type Workload } from "./workload.ts";

const STEPS = 20;
const SLEEPERS = 8;
/** What a RUN step costs by itself. */
export const twentyRuns: Workload = {
  name: "run-20",
  title: "20 trivial RUN steps, no cache",
  goal: { buildkit: 0.35, docker: 0.23 },
  warmUps: 1,
  grows: false,
  start: async (site, folder) => {
    const context = join(folder, "context");
    mkdirSync(context);
    return {
      images: [site.baseImage],
      floors: [await twentyOverlays(site, folder)],
      renew: (round) => {
        const steps = Array.from({ length: STEPS }, (_, index) => `RUN echo ${round}.${index} > /step`);
        writeFileSync(join(context, "Dockerfile"), `${[`FROM ${site.baseImage}`, ...steps].join("\n")}\n`);
      },
      request: (builder) => ({ context, tag: tagOf("run-20", builder) }),
    };
  },
};

/** Namespaces, an overlay over the base, and a shell in it, twenty times; an ordinary user has ids mapped for it. */
async function twentyOverlays({ floorProgram, base }: Site, folder: string): Promise<Floor> {
  const [lower, upper, work, root] = ["lower", "upper", "work", "root"].map((name) => join(folder, name));
  for (const path of [upper, work, root]) mkdirSync(path!);
  await timed({ argv: [process.execPath, floorProgram, "unpack", base.tarFile, lower!] });
  const overlay = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const step = `mount -t overlay overlay -o ${overlay} ${root} && chroot ${root} sh -c "echo > /step"`;
  const user = process.getuid?.() === 0 ? "" : "--user --map-root-user";
  const all = `set -e; for i in $(seq ${STEPS}); do unshare ${user} --mount --pid --fork sh -c '${step}'; done`;
  return { label: `${STEPS} x namespaces, overlay, shell`, command: { argv: ["sh", "-c", all] } };
}

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
