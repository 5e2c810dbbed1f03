import { run } from "../process.ts";
import type { Builder } from "./builder.ts";
import { observe } from "./observe.ts";

const PREFIXES =
  /^(?:failed to build: |failed to solve: |rpc error: code = \w+ desc = |failed to run Build function: |failed to compute cache key: |failed to load cache key: )+/;

/** Failures that say nothing about the case. */
const NO_ANSWER =
  /Cannot connect to the Docker daemon|error during connect|error reading from server|transport is closing|\ntimed out$/;

/** BuildKit by way of `docker buildx build`. `docker` is the command's words, for example `["docker"]`. */
export function buildkit(docker: readonly string[]): Builder {
  const program = {
    name: "buildkit",
    command: [...docker, "buildx", "build", "--provenance=false"],
    env: { BUILDX_NO_DEFAULT_ATTESTATIONS: "1", DOCKER_CLI_HINTS: "false" },
    causeOf,
  };
  return {
    name: "buildkit",
    build: async (task) => {
      const observation = await observe(program, task);
      const cause = observation.failure?.cause ?? "";
      if (NO_ANSWER.test(cause)) throw new Error(`BuildKit gave no answer: ${cause}`);
      return observation;
    },
  };
}

/** From the last line that begins with `ERROR: ` to the end. */
function causeOf(stderr: string): string {
  const all = `\n${stderr}`;
  const start = all.lastIndexOf("\nERROR: ");
  const message = start < 0 ? stderr : all.slice(start + "\nERROR: ".length);
  return message.trim().replace(PREFIXES, "");
}

/** What says which BuildKit it is, or nothing where there is none. */
export async function buildkitVersion(docker: readonly string[], cwd: string): Promise<string | undefined> {
  const client = await run([...docker, "buildx", "version"], { cwd });
  const server = await run([...docker, "version", "--format", "{{.Server.Version}}"], { cwd });
  if (client.code !== 0 || server.code !== 0) return undefined;
  return `docker ${server.stdout.toString().trim()}, ${client.stdout.toString().trim()}`;
}
