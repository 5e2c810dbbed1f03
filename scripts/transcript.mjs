// A narrated run of commands: what is done, what it prints, and whether that is what it should be.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { ROOT } from "./setup.mjs";

const PATIENCE_MS = 10_000;
const CLI = join(ROOT, "dist/cli.js");

export class Transcript {
  #passed = 0;
  #failed = [];
  #home;

  /** `home` is the SLIPWAY_HOME of every command. */
  constructor(home) {
    this.#home = home;
  }

  get home() {
    return this.#home;
  }

  chapter(title) {
    process.stdout.write(`\n== ${title}\n`);
  }

  say(text) {
    process.stdout.write(`   ${text}\n`);
  }

  /** Runs `slipway` in the checkout, shows the command and what it prints, and gives `{ code, stdout, stderr }`. */
  async slipway(args, { input, show = true } = {}) {
    process.stdout.write(`\n$ slipway ${args.map(quoted).join(" ")}\n`);
    const child = this.start(args, input === undefined ? "ignore" : "pipe");
    child.stdin?.end(input);
    const result = { stdout: "", stderr: "", code: 0 };
    for (const stream of ["stdout", "stderr"])
      child[stream].on("data", (chunk) => {
        result[stream] += chunk;
        if (show) process.stdout.write(chunk);
      });
    result.code = await ended(child);
    return result;
  }

  /** Starts `slipway` and leaves it running. */
  start(args, stdin = "ignore") {
    return spawn(process.execPath, [CLI, ...args], {
      cwd: ROOT,
      stdio: [stdin, "pipe", "pipe"],
      env: { ...process.env, SLIPWAY_HOME: this.#home },
    });
  }

  /** Like `slipway`, for a command that has to succeed. */
  async succeed(args, options) {
    const result = await this.slipway(args, options);
    this.check(`exit code 0 of slipway ${args[0]}`, result.code === 0, `it is ${result.code}`);
    return result;
  }

  /** Repeats a command until its result is as wanted, or ten seconds are over; gives the last result. */
  async until(args, isSo) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const result = await this.slipway(args);
      if (isSo(result) || Date.now() > end) return result;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  check(what, holds, otherwise = "") {
    if (holds) {
      this.#passed += 1;
      process.stdout.write(`   ok: ${what}\n`);
    } else {
      this.#failed.push(what);
      process.stdout.write(`   NOT SO: ${what}${otherwise ? ` - ${otherwise}` : ""}\n`);
    }
  }

  /** Prints the outcome and gives the exit code. */
  end() {
    const all = this.#passed + this.#failed.length;
    process.stdout.write(
      this.#failed.length === 0
        ? `\ndemo: all ${all} checks passed\n`
        : `\ndemo: ${this.#failed.length} of ${all} checks failed:\n${this.#failed.map((what) => `  ${what}`).join("\n")}\n`,
    );
    return this.#failed.length === 0 ? 0 : 1;
  }
}

/** Exit code of a process, 128 + n where signal n ended it. */
export function ended(child) {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function quoted(argument) {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
