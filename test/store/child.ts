import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll } from "vitest";
import { makeFolder } from "../support/folders.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";

/** A running child program: what it prints, line by line, and its end. */
export interface Child {
  readonly pid: number;
  /** The next line that it prints; fails where it ends without one. */
  readonly line: () => Promise<string>;
  /** Its end: an exit code, or the name of the signal. */
  readonly ended: Promise<number | string>;
  /** What it wrote to standard error so far. */
  readonly stderr: () => string;
  readonly kill: (signal?: NodeJS.Signals) => void;
  /** Lets a child go on that waits for its standard input to end. */
  readonly resume: () => void;
}

/** Starts `child-program.ts` with these arguments in a process of its own. */
export type StartChild = (...args: string[]) => Child;

/** Bundles the child program for this file's tests: Node 20 runs no TypeScript. */
export function useChildProgram(): StartChild {
  const { path, remove } = makeFolder();
  const program = join(path, "dist/child-program.mjs");
  beforeAll(async () => {
    mkdirSync(join(path, "dist"));
    // Packages with native parts are not bundled and have to be found from where the bundle is.
    symlinkSync(join(PROJECT_ROOT, "node_modules"), join(path, "node_modules"));
    await build({
      entryPoints: [join(PROJECT_ROOT, "test/store/child-program.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      external: ["koffi", "lmdb"],
    });
  });
  afterAll(remove);
  return (...args) => follow(spawn(process.execPath, [program, ...args]));
}

function follow(child: ChildProcess): Child {
  const errors: Buffer[] = [];
  child.stderr!.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin!.on("error", () => {});
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const ended = once(child, "close").then(([code, signal]) => (signal ?? code) as number | string);
  return {
    pid: child.pid!,
    line: async () => {
      const next = await lines.next();
      if (!next.done) return next.value;
      throw new Error(`the child ended (${await ended}):\n${Buffer.concat(errors)}`);
    },
    ended,
    stderr: () => Buffer.concat(errors).toString("utf8"),
    kill: (signal = "SIGKILL") => void child.kill(signal),
    resume: () => child.stdin!.end(),
  };
}
