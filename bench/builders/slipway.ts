import { chownSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { asUser, type TestUser } from "../../test/support/test-user.ts";
import { type Command, timed } from "../measure/command.ts";
import { removeTree } from "../site/workspace.ts";
import type { Builder, BuildRequest } from "./builder.ts";
import { overheadOf } from "./overhead.ts";

/** How the command is started, and for whom. */
interface Caller {
  readonly name: "slipway" | "rootless";
  readonly words: readonly string[];
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** Takes possession of a folder where the caller is another user. */
  readonly own: (folder: string) => void;
}

/** This checkout's command, run by whoever runs the benchmark. */
export async function slipway(cli: string, folder: string, version: string): Promise<Builder> {
  const words = [process.execPath, cli];
  return builderFor(
    { name: "slipway", words, home: join(folder, "home"), env: {}, own: () => {} },
    version,
    0,
  );
}

/** The same as an ordinary user with subordinate ids. @throws where there can be none */
export async function rootless(version: string): Promise<Builder> {
  const user = await asUser();
  process.once("exit", user.remove);
  try {
    const builder = await forUser(user, version);
    return { ...builder, close: async () => user.remove() };
  } catch (error) {
    user.remove();
    throw error;
  }
}

async function forUser(user: TestUser, version: string): Promise<Builder> {
  const caller: Caller = {
    name: "rootless",
    words: [...user.prefix, user.node, user.cli],
    home: join(user.home, "store"),
    env: { HOME: user.home, USER: user.name, XDG_RUNTIME_DIR: "" },
    own: (path) => chownSync(path, user.uid, user.gid),
  };
  return builderFor(caller, version, await overheadOf(user.prefix));
}

function builderFor(caller: Caller, version: string, overhead: number): Builder {
  const { words, home, env, own } = caller;
  const command = (...args: string[]): Command => ({
    argv: [...words, ...args],
    env: { ...env, SLIPWAY_HOME: home },
  });
  const leave = async () => removeTree(home);
  return {
    name: caller.name,
    version,
    overhead,
    daemons: [],
    enter: async (images) => {
      await leave();
      mkdirSync(home);
      own(home);
      for (const image of images) await timed(command("pull", image));
    },
    build: (request) => command("build", ...buildArguments(request)),
    prune: async (tags) => {
      await timed(command("rmi", "--force", ...tags));
      await timed(command("system", "prune", "--all", "--force"));
    },
    leave,
    close: leave,
  };
}

function buildArguments({ context, tag, archive, push }: BuildRequest): string[] {
  if (archive) return ["--output", `type=oci,dest=${archive}`, context];
  return ["--tag", tag, ...(push ? ["--push"] : []), context];
}
