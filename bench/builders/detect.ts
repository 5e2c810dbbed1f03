import type { Options } from "../options.ts";
import type { Site } from "../site/site.ts";
import { buildah } from "./buildah.ts";
import type { Builder } from "./builder.ts";
import { docker } from "./docker.ts";
import { rootless, slipway } from "./slipway.ts";

/** Who takes part, and why others do not. */
export interface Contestants {
  readonly builders: readonly Builder[];
  readonly notes: readonly string[];
}

/** Ours as whoever we are, ours as an ordinary user where we are root, and the peers that work. */
export async function contestants(site: Site, options: Options, version: string): Promise<Contestants> {
  const notes: string[] = [];
  const builders: Builder[] = [await slipway(`${site.root}/dist/cli.js`, site.folder, version)];
  if (options.peers) builders.push(...(await peers(site, options, notes)));
  const ordinary = await ordinaryUser(version, notes);
  if (ordinary) builders.push(ordinary);
  for (const { remark } of builders) if (remark) notes.push(remark);
  return { builders, notes };
}

async function peers(site: Site, options: Options, notes: string[]): Promise<readonly Builder[]> {
  const found = {
    docker: await docker(options.docker),
    buildah: await buildah(options.buildah, { folder: site.folder, image: site.baseImage }),
  };
  for (const name of ["docker", "buildah"] as const)
    if (!found[name]) notes.push(`without ${name}: \`${options[name].join(" ")}\` cannot build here`);
  return Object.values(found).filter((builder) => builder !== undefined);
}

async function ordinaryUser(version: string, notes: string[]) {
  if (process.getuid?.() !== 0) {
    notes.push("without a comparison of root and rootless: this is not run by root");
    return undefined;
  }
  try {
    return await rootless(version);
  } catch (error) {
    notes.push(`without an ordinary user: ${(error as Error).message}`);
    return undefined;
  }
}
