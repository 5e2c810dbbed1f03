import { isEnv, withoutSplit } from "../shell/env-split.ts";
import { behindWrapper, WRAPPERS, type Wrapper } from "../shell/program.ts";
import { INITS, programName } from "./known-programs.ts";

/** A program with what it is told. */
export type CommandWords = readonly [string, ...string[]];

const PLAIN: Wrapper = { valued: "", operands: 0 };
/** Its first operand is a user, a folder, or processors. */
const FIRST_OPERAND: Wrapper = { valued: "", operands: 1 };
const SETPRIV =
  "--ruid --euid --reuid --rgid --egid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --selinux-label --apparmor-profile --ptracer";

/** What starts another program that its arguments name. */
const STARTERS: ReadonlyMap<string, Wrapper> = new Map<string, Wrapper>([
  ...WRAPPERS,
  ...[...INITS, "setsid", "with-contenv"].map((name) => [name, PLAIN] as const),
  ...["tini", "tini-static", "docker-init"].map((name) => [name, { valued: "-p -e", operands: 0 }] as const),
  ["dumb-init", { valued: "-r --rewrite", operands: 0 }],
  ...["gosu", "su-exec", "setuidgid", "s6-setuidgid", "chrt"].map((name) => [name, FIRST_OPERAND] as const),
  ["chroot", FIRST_OPERAND],
  ["taskset", FIRST_OPERAND],
  ["setpriv", { valued: SETPRIV, operands: 0 }],
  ["runuser", { valued: "-u --user -g --group -G --supp-group", operands: 0 }],
  ["stdbuf", { valued: "-i -o -e --input --output --error", operands: 0 }],
]);

/** More is nobody's command, and reading it would take long. */
const MOST = 16;

/**
 * The programs that a list of arguments starts, one through the other: inits and what only prepares (`env`, `nice`, `gosu`), then the program that they are for,
 * each with its own arguments. Pure.
 */
export function commandChain(argv: readonly string[]): readonly CommandWords[] {
  const chain: CommandWords[] = [];
  let words = argv;
  while (chain.length < MOST) {
    const [program, ...args] = words;
    if (program === undefined) break;
    const command: CommandWords = [program, ...(isEnv(program) ? withoutSplit(args) : args)];
    chain.push(command);
    const wrapper = STARTERS.get(programName(program));
    if (!wrapper) break;
    words = command.slice(behindWrapper(command, 0, wrapper));
  }
  return chain;
}
