import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { text } from "node:stream/consumers";
import { Command, CommanderError } from "commander";
import { checkPreflight } from "../../api/preflight.ts";
import { describeSystemError, SlipwayError, systemErrorCode } from "../../core/errors.ts";
import type { PreflightReport } from "../../preflight/finding.ts";
import { parseContract } from "../../preflight/parse-contract.ts";
import { writeScript } from "../../preflight/script/write-script.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { visibleText, writeText } from "../write-text.ts";
import { defineContainers } from "./container-flags.ts";
import type { CheckFlags, ScriptFlags } from "./preflight-flag-values.ts";
import type { RunFlags } from "./run-flag-values.ts";
import { runOptions } from "./run-request.ts";

/** `slipway preflight script` */
export async function scriptCommand(
  context: CliContext,
  words: readonly string[],
  flags: ScriptFlags,
): Promise<number> {
  const { contract } = parseContract(await readContract(context, flags.file), flags.file);
  const script = writeScript(contract, { program: withoutDashes(words), strict: flags.strict ?? false });
  if (flags.output === undefined) context.stdout.write(script);
  else writeExecutable(resolve(context.environment.cwd, flags.output), script);
  return EXIT.ok;
}

async function readContract({ environment, stdin }: CliContext, file: string): Promise<string> {
  if (file === "-") return text(stdin);
  try {
    return readFileSync(resolve(environment.cwd, file), "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(systemErrorCode(error) ?? ""))
      throw new SlipwayError("USAGE", `there is no contract ${file}`, {
        cause: error,
        hint: "name it with --file",
      });
    throw describeSystemError(error, `reading ${file}`);
  }
}

function writeExecutable(path: string, script: string): void {
  try {
    writeFileSync(path, script, { mode: 0o755 });
    chmodSync(path, 0o755);
  } catch (error) {
    throw new SlipwayError("USAGE", `cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** `slipway preflight check`: 0 where nothing is known to fail, 1 where something does (docs/exit-codes.md). */
export async function checkCommand(
  context: CliContext,
  image: string,
  words: readonly string[],
  { format }: CheckFlags,
): Promise<number> {
  if (format !== "text" && format !== "json")
    throw new SlipwayError("USAGE", `--format is text or json, not ${JSON.stringify(format)}`);
  const { flags, args } = await parseRunFlags(image, withoutDashes(words));
  const { onWarning: _, ...options } = runOptions(context, image, args, { ...flags, tty: false });
  const report = await checkPreflight({ ...options, signal: context.signal }, context.environment);
  const passes = !report.findings.some(({ state }) => state === "failed");
  if (format === "json")
    writeText(context.stdout, `${JSON.stringify({ image, ...report, passes }, null, 2)}\n`);
  else context.stdout.write(visibleText(reportText(image, report)));
  return passes ? EXIT.ok : EXIT.failed;
}

function withoutDashes(words: readonly string[]): readonly string[] {
  return words[0] === "--" ? words.slice(1) : words;
}

/** What `slipway run` would make of these words, and an image behind them. Throws `USAGE`. */
async function parseRunFlags(
  image: string,
  words: readonly string[],
): Promise<{ readonly flags: RunFlags; readonly args: readonly string[] }> {
  const complaints: string[] = [];
  const program = new Command("slipway")
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeOut: () => {}, writeErr: (message) => complaints.push(message) });
  defineContainers(program, async () => {});
  let found: { readonly flags: RunFlags; readonly args: readonly string[] } | undefined;
  program.commands
    .find((command) => command.name() === "run")
    ?.action((first: string, rest: string[], flags: RunFlags) => {
      // Behind a command the image is the last word, which is where it was put.
      found = { flags, args: rest.length === 0 ? [] : [first, ...rest.slice(0, -1)] };
    });
  try {
    await program.parseAsync(["run", ...words, image], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
  }
  if (found) return found;
  throw new SlipwayError("USAGE", complaints.join("").trim() || "these are no flags of slipway run", {
    hint: "write slipway preflight check IMAGE -- FLAGS-OF-RUN",
  });
}

function reportText(image: string, { hasContract, findings }: PreflightReport): string {
  if (!hasContract) return `${image} has no contract: there is nothing to check\n`;
  const failures = findings.filter(({ state }) => state === "failed").length;
  const lines = findings.flatMap(({ state, message, hint }) =>
    state === "failed"
      ? [`fails: ${message}`, `       to do: ${hint}`]
      : [`not checked: ${message}: ${hint}`],
  );
  const open = findings.length - failures;
  const rest = open === 0 ? "" : `, ${open} could not be checked`;
  const sum =
    failures === 0 ? "nothing fails" : failures === 1 ? "1 condition fails" : `${failures} conditions fail`;
  return `${[...lines, `${image}: ${sum}${rest}`].join("\n")}\n`;
}
