import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, output, timed, works } from "../measure/command.ts";
import { removeTree } from "../site/workspace.ts";
import type { Builder, BuildRequest } from "./builder.ts";
import { overheadOf } from "./overhead.ts";

/** Limits that every machine grants; buildah's own may be higher than what it may set. */
const LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];
/** Ways to run a RUN step, best first: some machines refuse the first ones. */
const WAYS: readonly (readonly string[])[] = [
  [],
  LIMITS,
  [...LIMITS, "--runtime", "/usr/bin/runc"],
  [...LIMITS, "--isolation=chroot"],
];

/** Buildah by way of `words`, with a store of its own below `folder`; undefined where it does not work. `image` is a base to try it with. */
export async function buildah(
  words: readonly string[],
  { folder, image }: { folder: string; image: string },
): Promise<Builder | undefined> {
  const version = await output({ argv: [...words, "--version"] });
  if (!version) return undefined;
  const store = join(folder, "buildah");
  const command = (...args: string[]): Command => ({
    argv: [...words, "--root", join(store, "root"), "--runroot", join(store, "run"), ...args],
  });
  const way = await findWay(command, folder, image);
  removeTree(store);
  if (!way) return undefined;
  return {
    name: "buildah",
    version: version.trim(),
    overhead: await overheadOf(words.slice(0, -1)),
    ...(way.length > 0 ? { remark: `buildah runs RUN steps here only with ${way.join(" ")}` } : {}),
    daemons: [],
    enter: async (images) => {
      removeTree(store);
      for (const each of images) await timed(command("pull", "--quiet", "--tls-verify=false", each));
    },
    build: (request) => build(command, request, way),
    prune: async (tags) => {
      for (const tag of tags) await works(command("rmi", "--force", tag));
      await works(command("prune", "--force"));
    },
    leave: async () => removeTree(store),
    close: async () => removeTree(store),
  };
}

type Make = (...args: string[]) => Command;

async function findWay(command: Make, folder: string, image: string): Promise<readonly string[] | undefined> {
  const context = join(folder, "buildah-trial");
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, "Dockerfile"), `FROM ${image}\nRUN true\n`);
  for (const way of WAYS)
    if (await works(build(command, { context, tag: "slipway-bench-trial" }, way))) return way;
  return undefined;
}

/** Archives and pushes are commands of their own in buildah. */
function build(
  command: Make,
  { context, tag, archive, push }: BuildRequest,
  way: readonly string[],
): Command {
  const fixed = ["--layers", "--network=host", "--tls-verify=false", ...way];
  const first = command("build", ...fixed, "--tag", tag, context);
  const target = archive ? `oci-archive:${archive}` : push ? `docker://${tag}` : undefined;
  if (!target) return first;
  return inSequence(first, command("push", "--tls-verify=false", tag, target));
}

function inSequence(first: Command, second: Command): Command {
  const script = `n=$1; shift; "\${@:1:$n}" && "\${@:$((n+1))}"`;
  return { argv: ["bash", "-c", script, "bash", `${first.argv.length}`, ...first.argv, ...second.argv] };
}
