import { type Command, output, timed, works } from "../measure/command.ts";
import { BENCH_LABEL } from "../site/registry.ts";
import type { Builder, BuildRequest } from "./builder.ts";
import { overheadOf } from "./overhead.ts";

const DAEMONS = ["dockerd", "containerd", "buildkitd"];
/** Records of the build cache that are named in one command. */
const RECORDS_AT_ONCE = 200;

/** Docker with BuildKit inside, by way of `words`; undefined where it does not work. */
export async function docker(words: readonly string[]): Promise<Builder | undefined> {
  const engine = await output({ argv: [...words, "version", "--format", "{{.Server.Version}}"] });
  const buildx = await output({ argv: [...words, "buildx", "version"] });
  if (!engine || !buildx) return undefined;
  const command = (...args: string[]): Command => ({
    argv: [...words, ...args],
    env: { DOCKER_CLI_HINTS: "false" },
  });
  const before = new Set(await cacheRecords(command));
  const prune = async (tags: readonly string[]) => {
    for (const tag of tags) await works(command("rmi", tag));
    await works(command("image", "prune", "--force", "--filter", `label=${BENCH_LABEL}`));
    await forgetRecords(command, before);
  };
  return {
    name: "docker",
    version: `docker ${engine.trim()}, buildx ${buildx.split(/\s+/)[1] ?? ""}`,
    overhead: await overheadOf(words.slice(0, -1)),
    daemons: DAEMONS,
    enter: async (images) => {
      for (const image of images) await timed(command("pull", "--quiet", image));
    },
    build: (request) => command("buildx", "build", ...buildArguments(request)),
    prune,
    leave: prune,
    close: async () => {
      await works(command("image", "prune", "--all", "--force", "--filter", `label=${BENCH_LABEL}`));
    },
  };
}

type Make = (...args: string[]) => Command;

/**
 * Prunes what came into the build cache since `before` was listed, and nothing older: whoever else uses the daemon keeps theirs, and
 * BuildKit takes minutes to find what to drop among many records.
 */
async function forgetRecords(command: Make, before: ReadonlySet<string>): Promise<void> {
  const ours = (await cacheRecords(command)).filter((id) => !before.has(id));
  for (let index = 0; index < ours.length; index += RECORDS_AT_ONCE) {
    const ids = ours.slice(index, index + RECORDS_AT_ONCE).join("|");
    await works(command("buildx", "prune", "--all", "--force", "--filter", `id~=^(${ids})$`));
  }
}

/** Ids of all records of the build cache. */
async function cacheRecords(command: Make): Promise<readonly string[]> {
  const listed = await output(command("buildx", "du", "--format", "{{.ID}}"));
  return (listed ?? "").split("\n").filter(Boolean);
}

/** Without attestations, which the others do not make, and in the host's network, which needs no bridge. */
function buildArguments({ context, tag, archive, push }: BuildRequest): string[] {
  const fixed = ["--provenance=false", "--network=host", "--progress=plain"];
  if (archive) return [...fixed, "--output", `type=oci,dest=${archive}`, context];
  return [...fixed, "--tag", tag, ...(push ? ["--push"] : []), context];
}
