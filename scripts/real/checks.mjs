// What a case says about what was built, step by step.
import { isDeepStrictEqual } from "node:util";
import { waitForPort } from "../loopback.mjs";
import { ended } from "../transcript.mjs";
import { imageName } from "./case-file.mjs";
import { expectOutput, Failure } from "./expect.mjs";
import { checkAbsent, checkElf, checkEntry, checkExported, checkFiles } from "./files.mjs";

const START_SECONDS = 30;
const STOP_SECONDS = 20;

/** One case while it is checked: `slipway`, `name`, `folder`, `port`, the logs of its builds, the servers that run. */
export async function runChecks(subject, checks) {
  subject.servers = new Map();
  try {
    for (const check of checks) await runCheck(subject, check);
  } finally {
    for (const server of subject.servers.values()) server.child.kill("SIGKILL");
  }
}

async function runCheck(subject, check) {
  const kind = Object.keys(CHECKS).find((name) => Object.hasOwn(check, name));
  if (!kind) throw new Failure(`no such check: ${JSON.stringify(check)}`);
  const image = imageName(subject.name, check.image);
  await CHECKS[kind]({ ...subject, image }, check);
}

const CHECKS = {
  async config({ slipway, image }, { config }) {
    const actual = await configOf(slipway, image);
    for (const [key, expected] of Object.entries(config))
      if (!includes(actual[key] ?? null, expected))
        throw new Failure(
          `${key} of ${image} is ${JSON.stringify(actual[key])}, not ${JSON.stringify(expected)}`,
        );
  },
  async run({ slipway, image }, check) {
    const args = [
      "run",
      "--rm",
      ...(check.input === undefined ? [] : ["-i"]),
      ...(check.options ?? []),
      image,
      ...check.run,
    ];
    expectOutput(await slipway.run(args, { input: check.input }), check, `slipway ${args.join(" ")}`);
  },
  async start({ slipway, servers, port, image }, check) {
    const child = slipway.start(["run", "--rm", ...(check.options ?? []), image, ...(check.args ?? [])]);
    const server = { child, image, ended: ended(child) };
    servers.set(check.start, server);
    const seconds = check.seconds ?? START_SECONDS;
    const listens = waitForPort(Number(check.port ?? port), seconds * 1000);
    const first = await Promise.race([listens, server.ended]);
    if (first !== true)
      throw new Failure(`${image} does not listen`, child.output.stdout + child.output.stderr);
  },
  async get(_subject, check) {
    const response = await fetch(check.get);
    const result = { code: response.status, stdout: await response.text(), stderr: "" };
    expectOutput(result, { ...check, exit: check.status ?? 200, stdout: check.body }, check.get);
    for (const [name, value] of Object.entries(check.headers ?? {}))
      if (response.headers.get(name) !== value)
        throw new Failure(`${name} of ${check.get} is ${response.headers.get(name)}, not ${value}`);
  },
  /** The image's own health check, in a container beside the server. */
  async healthy({ slipway, servers }, check) {
    const { image } = servers.get(check.healthy);
    const { Healthcheck } = await configOf(slipway, image);
    const [form, ...command] = Healthcheck.Test;
    const program = form === "CMD-SHELL" ? ["sh", "-c", ...command] : command;
    const args = [
      "run",
      "--rm",
      ...(check.options ?? []),
      "--entrypoint",
      program[0],
      image,
      ...program.slice(1),
    ];
    expectOutput(await slipway.run(args), {}, `the health check of ${image}`);
  },
  /** As `docker stop` does it: the image's stop signal, and after a while the end without a question. */
  async stop({ slipway, servers }, check) {
    const { child, image, ended: end } = servers.get(check.stop);
    const signal = check.signal ?? (await configOf(slipway, image)).StopSignal ?? "SIGTERM";
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), (check.seconds ?? STOP_SECONDS) * 1000);
    const code = await end;
    clearTimeout(timer);
    servers.delete(check.stop);
    expectOutput({ code, ...child.output }, check, `${image} after ${signal}`);
  },
  exported: checkExported,
  files: checkFiles,
  entry: checkEntry,
  elf: checkElf,
  absent: checkAbsent,
  /** A step whose output must not be in the log of the first build: its stage was not needed. */
  async skipped({ logs }, { skipped }) {
    const [log = ""] = logs;
    if (log.includes(skipped))
      throw new Failure(`the build ran a step that it did not need: ${skipped}`, log);
  },
  async ownBytes({ slipway, image }, { ownBytes }) {
    const { stdout } = await slipway.succeed(["history", "--format", "json", image]);
    const sizes = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .slice(0, -1);
    const sum = sizes.reduce((total, entry) => total + Number(entry.Size ?? entry.size), 0);
    if (!(sum < ownBytes))
      throw new Failure(`${image} adds ${sum} bytes to its base, not less than ${ownBytes}`, stdout);
  },
};

async function configOf(slipway, image) {
  const { stdout } = await slipway.succeed(["inspect", image]);
  return JSON.parse(stdout)[0].Config;
}

/** Members of objects that are not named may be anything; the rest has to be equal. */
function includes(actual, expected) {
  if (expected === null || Array.isArray(expected) || typeof expected !== "object")
    return isDeepStrictEqual(actual, expected);
  if (actual === null || typeof actual !== "object") return false;
  return Object.entries(expected).every(([key, value]) => includes(actual[key] ?? null, value));
}
