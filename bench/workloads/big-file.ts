import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "./content.ts";
import { tagOf, type Workload } from "./workload.ts";

const BYTES = 1e9;

export const copyBigFile: Workload = {
  name: "copy-1gb",
  title: "COPY of one 1 GB file, no cache",
  goal: { buildkit: 0.12, docker: 0.08 },
  warmUps: 1,
  grows: true,
  start: ({ baseImage }, folder) => {
    const context = join(folder, "context");
    const [file, copy] = [join(context, "big"), join(folder, "copy")];
    mkdirSync(context);
    writeFileSync(join(context, "Dockerfile"), `FROM ${baseImage}\nCOPY big /big\n`);
    return {
      images: [baseImage],
      floors: [
        { label: "cp", command: { argv: ["cp", file, copy] }, makes: copy },
        { label: "sha256sum", command: { argv: ["sha256sum", file] } },
      ],
      renew: () => writeNoise(file, BYTES),
      request: (builder) => ({ context, tag: tagOf("copy-1gb", builder) }),
    };
  },
};
