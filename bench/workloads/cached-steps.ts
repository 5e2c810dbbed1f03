import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Floor, type Setting, tagOf, type Workload } from "./workload.ts";

const NODE: Floor = { label: "Node starts", command: { argv: [process.execPath, "-e", "0"] } };
/** The first round does the work; after the second, what was read has had time to count as unchanged. */
const WARM_UPS = 3;

/** An image with nothing to do. */
export const cachedSixSteps: Workload = {
  name: "cached-6-steps",
  title: "6-step image, all cached",
  goal: { buildkit: 1, docker: 0.17 },
  warmUps: WARM_UPS,
  grows: false,
  start: ({ baseImage }, folder) => {
    mkdirSync(join(folder, "src"));
    writeFileSync(join(folder, "package.json"), '{ "name": "six" }\n');
    for (const name of ["a", "b", "c"])
      writeFileSync(join(folder, "src", `${name}.js`), `export default "${name}";\n`);
    const steps = [
      "WORKDIR /app",
      "COPY package.json ./",
      "RUN sha256sum package.json > sum",
      "COPY src ./src",
      "RUN cat src/*.js > all.js",
      "RUN rm sum",
    ];
    return unchanging("cached-6-steps", folder, [`FROM ${baseImage}`, ...steps], baseImage);
  },
};

/** The same with many RUN steps. */
export const cachedHundredRuns: Workload = {
  name: "cached-100-runs",
  title: "100 RUN steps, all cached",
  goal: { buildkit: 0.4, docker: 0.05 },
  warmUps: WARM_UPS,
  grows: false,
  start: ({ baseImage }, folder) => {
    const steps = Array.from({ length: 100 }, (_, index) => `RUN echo ${index} > /step`);
    return unchanging("cached-100-runs", folder, [`FROM ${baseImage}`, ...steps], baseImage);
  },
};

function unchanging(name: string, folder: string, lines: readonly string[], base: string): Setting {
  writeFileSync(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
  return {
    images: [base],
    floors: [NODE],
    renew: () => {},
    request: (builder) => ({ context: folder, tag: tagOf(name, builder) }),
  };
}
