import { suggest } from "../core/suggest.ts";

/** Signals of Linux 1 to 31 in order of their numbers. */
const NAMES =
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS".split(
    " ",
  );
const ALIASES = ["CLD", "IOT", "POLL", "UNUSED"];
const HIGHEST = 64;

/** Tells whether `text` is a signal: a name in any case with or without `SIG` (`RTMIN+3` included) or a number (SPEC CF-14). */
export function isSignal(text: string): boolean {
  if (/^\+?[0-9]+$/.test(text)) return Number(text) >= 1 && Number(text) <= HIGHEST;
  const name = text.toUpperCase().replace(/^SIG/, "");
  const realTime = /^RTM(IN|AX)(?:([+-])([0-9]{1,2}))?$/.exec(name);
  if (!realTime) return NAMES.includes(name) || ALIASES.includes(name);
  const [, end, sign, offset = "0"] = realTime;
  if (sign === undefined) return true;
  const inwards = sign === (end === "IN" ? "+" : "-");
  return inwards && Number(offset) >= 1 && Number(offset) <= (end === "IN" ? 15 : 14);
}

const ALIAS_NUMBERS: Readonly<Record<string, number>> = { CLD: 17, IOT: 6, POLL: 29, UNUSED: 31 };
/** As the C library counts them: it keeps two for itself. */
const RTMIN = 34;

/** The number of a signal that `isSignal` knows; undefined for anything else. */
export function signalNumber(text: string): number | undefined {
  if (!isSignal(text)) return undefined;
  if (/^\+?[0-9]+$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^SIG/, "");
  const [, end, offset = "0"] = /^RTM(IN|AX)([+-][0-9]{1,2})?$/.exec(name) ?? [];
  if (end !== undefined) return (end === "IN" ? RTMIN : HIGHEST) + Number(offset);
  return ALIAS_NUMBERS[name] ?? NAMES.indexOf(name) + 1;
}

/** What images are stopped by. */
const USUAL = ["TERM", "INT", "QUIT", "KILL", "HUP", "USR1", "USR2", "WINCH"];

/** What may have been meant. */
export function signalHint(text: string): string {
  const name = text.toUpperCase().replace(/^SIG/, "");
  const near = name.length > 2 ? suggest(name, USUAL) : undefined;
  return near === undefined ? "write a name such as SIGTERM or its number" : `did you mean SIG${near}?`;
}
