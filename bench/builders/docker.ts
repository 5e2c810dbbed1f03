import { type Command, output, timed, works } from "../measure/command.ts";
import { BENCH_LABEL } from "../site/registry.ts";
import type { Builder, BuildRequest } from "./builder.ts";
import { overheadOf } from "./overhead.ts";

const DAEMONS = ["dockerd", "containerd", "buildkitd"];
/** The cache of builds is shared with whoever else uses the daemon, so it is only kept from growing beyond this. */
const CACHE_LIMIT = "6GB";

/** Docker with BuildKit inside, by way of `words`; undefined where it does not work. */
export async function docker(words: readonly string[]): Promise<Builder | undefined> {
  const engine = await output({ argv: [...words, "version", "--format", "{{.Server.Version}}"] });
  const buildx = await output({ argv: [...words, "buildx", "version"] });
  if (!engine || !buildx) return undefined;
  const command = (...args: string[]): Command => ({
    argv: [...words, ...args],
    env: { DOCKER_CLI_HINTS: "false" },
  });
  const prune = async (tags: readonly string[]) => {
    for (const tag of tags) await works(command("rmi", tag));
    await works(command("image", "prune", "--force", "--filter", `label=${BENCH_LABEL}`));
    await works(command("builder", "prune", "--all", "--force", "--keep-storage", CACHE_LIMIT));
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

/** Without attestations, which the others do not make, and in the host's network, which needs no bridge. */
function buildArguments({ context, tag, archive, push }: BuildRequest): string[] {
  const fixed = ["--provenance=false", "--network=host", "--progress=plain"];
  if (archive) return [...fixed, "--output", `type=oci,dest=${archive}`, context];
  return [...fixed, "--tag", tag, ...(push ? ["--push"] : []), context];
}
