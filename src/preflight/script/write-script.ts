import type { Contract } from "../contract.ts";
import { shellConditions } from "./conditions.ts";
import { quoted } from "./quote.ts";
import { functionsFor } from "./shell-functions.ts";

/** What an entry script ends with where a condition does not hold: EX_CONFIG of sysexits.h. */
export const SCRIPT_FAILED = 78;

export interface ScriptOptions {
  /** The program that is started, ahead of the script's own arguments. Empty: the arguments name it. */
  readonly program: readonly string[];
  /** What cannot be checked counts as a failure. */
  readonly strict: boolean;
}

/**
 * An entry script that checks a contract inside the container: POSIX sh, no other program needed; where those that help are missing it says
 * what could not be checked. It tells all failures, then ends with `SCRIPT_FAILED`; or it becomes the program. Pure.
 */
export function writeScript(contract: Contract, { program, strict }: ScriptOptions): string {
  const { lines, functions } = shellConditions(contract);
  return `${[
    "#!/bin/sh",
    "# Checks what this image presumes, then becomes its program. Written by `slipway preflight script`: change preflight.yaml instead.",
    `# Ends with ${SCRIPT_FAILED} where a condition does not hold. Needs nothing but sh.`,
    // Texts are quoted as they are, and variables come from outside.
    "# shellcheck disable=SC2016,SC2154",
    "",
    ...(lines.length === 0 ? [] : [...checks(lines, functions, strict), ""]),
    ...start(program),
  ].join("\n")}\n`;
}

function checks(lines: readonly string[], patterns: readonly string[], strict: boolean): string[] {
  const shared = functionsFor(`${lines.join("\n")} pf_fail`, strict);
  return [
    ...[shared, ...patterns].flatMap((text) => [text, ""]),
    "preflight() ( # in a process of its own: nothing that it sets reaches the program",
    "  set -f",
    "  pf_failures=0",
    // A text in quotes may have several lines, the further ones of which stay as they are.
    ...lines.map((line) => `  ${line}`),
    '  [ "$pf_failures" -gt 0 ] || exit 0',
    `  printf 'preflight: %s not fulfilled: nothing is started\\n' "$pf_failures" >&2`,
    "  exit 1",
    ")",
    "",
    `preflight || exit ${SCRIPT_FAILED}`,
  ];
}

function start(program: readonly string[]): string[] {
  if (program.length > 0) return [`exec ${program.map(quoted).join(" ")} "$@"`];
  return [
    'if [ "$#" -eq 0 ]; then',
    "  printf 'preflight: there is no program to start: give it as arguments (CMD)\\n' >&2",
    "  exit 127",
    "fi",
    'exec "$@"',
  ];
}
