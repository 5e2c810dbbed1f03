// `slipway` (or another command) as a child: to its end, or left running.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "../setup.mjs";
import { ended } from "../transcript.mjs";
import { Failure } from "./expect.mjs";

const CLI = join(ROOT, "dist/cli.js");

export class Slipway {
  #home;
  #cwd;

  /** `home` is the SLIPWAY_HOME of every command; paths in arguments are relative to `cwd`. */
  constructor(home, cwd) {
    this.#home = home;
    this.#cwd = cwd;
  }

  /** Gives `{ code, stdout, stderr, seconds }`. */
  async run(args, { input, env } = {}) {
    const started = performance.now();
    const child = this.start(args, { env, input: input !== undefined });
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
    const code = await ended(child);
    return { code, ...child.output, seconds: (performance.now() - started) / 1000 };
  }

  async succeed(args, options) {
    const result = await this.run(args, options);
    if (result.code !== 0)
      throw new Failure(`slipway ${args.join(" ")} ended with ${result.code}`, result.stdout + result.stderr);
    return result;
  }

  /** A child whose `output` grows while it runs. */
  start(args, { env = {}, input = false } = {}) {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: this.#cwd,
      stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
      env: { ...process.env, ...env, SLIPWAY_HOME: this.#home },
    });
    child.output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"])
      child[stream].setEncoding("utf8").on("data", (text) => {
        child.output[stream] += text;
      });
    return child;
  }
}
