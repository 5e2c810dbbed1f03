import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { markedLayer } from "../site/base.ts";
import type { Site } from "../site/site.ts";
import { type Floor, tagOf, type Workload } from "./workload.ts";

/** Every round has a base of its own, which differs in its first file, so that nobody has a layer of it. */
export const pullBase: Workload = {
  name: "pull-base",
  title: "pull and unpack the base from a loopback registry, one RUN",
  goal: { buildkit: 0.45, docker: 0.4 },
  warmUps: 1,
  grows: false,
  start: async (site, folder) => {
    const context = join(folder, "context");
    mkdirSync(context);
    return {
      images: [],
      floors: await floors(site, folder),
      renew: async (round) => {
        const layer = markedLayer(site.base, `round ${round} of ${folder}\n`);
        const image = await site.registry.publish(`bench/pulled:${round}`, layer);
        writeFileSync(join(context, "Dockerfile"), `FROM ${image}\nRUN echo pulled > /pulled\n`);
      },
      request: (builder) => ({ context, tag: tagOf("pull-base", builder) }),
    };
  },
};

async function floors(site: Site, folder: string): Promise<readonly Floor[]> {
  const { floorProgram, base, registry } = site;
  const loop = (...args: string[]) => ({ argv: [process.execPath, floorProgram, ...args] });
  const [gzip, root] = [join(folder, "base.tar.gz"), join(folder, "unpacked")];
  writeFileSync(gzip, markedLayer(base, "floor\n").gzip);
  return [
    { label: "transfer", command: loop("download", await registry.layerUrl("bench/base:1")) },
    { label: "gunzip in Node", command: loop("gunzip", gzip, "/dev/null") },
    { label: "unpack in a Node loop", command: loop("unpack", base.tarFile, root), makes: root },
  ];
}
