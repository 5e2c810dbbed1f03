import { SlipwayError } from "../../core/errors.ts";

/** Gives the mode of a copied file or directory from its source's mode. */
export type ModeChange = {
  /** The octal value, where the flag was octal: directories that COPY creates get its permissions too (SPEC CP-04). */
  readonly octal: number | undefined;
  apply(mode: number, isDirectory: boolean): number;
};

/**
 * Parses `--chmod` (SPEC CP-15): octal 0 to 07777, or chmod(1) symbolic clauses evaluated with umask 0. Where the chmods of GNU and
 * BSD part ways it is BSD's that BuildKit has: `=` clears set-user-ID and set-group-ID of directories too, never the sticky bit unless `t`
 * stands there; to copy a class (`g=u`) touches its nine bits only; `s` and `t` do nothing for others alone; `X` asks what the mode was at first.
 */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const octal = Number.parseInt(text, 8);
    if (octal > 0o7777) throw invalid(text);
    return { octal, apply: () => octal };
  }
  const edits = text.split(",").flatMap((clause) => parseClause(clause, text));
  return {
    octal: undefined,
    apply: (mode, isDirectory) => {
      const atFirst = { isSearchable: isDirectory || (mode & 0o111) !== 0 };
      return edits.reduce((value, edit) => edit(value, atFirst), mode);
    },
  };
}

/** A change of some bits of a mode. */
type Edit = (mode: number, atFirst: { readonly isSearchable: boolean }) => number;

const SHIFT = { u: 6, g: 3, o: 0 } as const;
type Class = keyof typeof SHIFT;
/** Bits that belong to a class; `=` clears them. */
const BITS = { u: 0o4700, g: 0o2070, o: 0o0007 } as const;
const ALL_CLASSES: readonly Class[] = ["u", "g", "o"];
const STICKY = 0o1000;

function parseClause(clause: string, whole: string): readonly Edit[] {
  const [, letters, actions] = /^([ugoa]*)((?:[-+=][rwxXstugo]*)+)$/.exec(clause) ?? [];
  if (letters === undefined || actions === undefined) throw invalid(whole);
  const who =
    letters === "" || letters.includes("a")
      ? ALL_CLASSES
      : ALL_CLASSES.filter((each) => letters.includes(each));
  return [...actions.matchAll(/([-+=])([rwxXstugo]*)/g)].flatMap(([, operator, what]) =>
    editsOf(who, operator!, what!, letters === ""),
  );
}

/** Letters are collected until a class to copy comes; each run of them and each class is an edit of its own. */
function editsOf(
  who: readonly Class[],
  operator: string,
  what: string,
  isForNobody: boolean,
): readonly Edit[] {
  const runs = what.match(/[ugo]|[rwxXst]+/g) ?? [];
  if (operator === "=" && runs.length === 0) return [clear(clearedBits(who, ""))];
  return runs.flatMap((run, index) => {
    if (isClass(run)) return [copy(who, operator, run)];
    // BSD takes `t` for the class that was not named, and then the other letters are for no class.
    if (isForNobody && run.includes("t")) return [changeBits(operator, STICKY)];
    const clears = operator === "=" && (index === 0 || /[^X]/.test(run));
    return [...(clears ? [clear(clearedBits(who, run))] : []), ...letterEdits(who, operator, run)];
  });
}

function isClass(run: string): run is Class {
  return run === "u" || run === "g" || run === "o";
}

/** `s` and `t` are for the owner and the group; said of others alone they mean nothing. */
function isForOthersAlone(who: readonly Class[]): boolean {
  return who.length === 1 && who[0] === "o";
}

function clearedBits(who: readonly Class[], letters: string): number {
  const sticky = letters.includes("t") && !isForOthersAlone(who) ? STICKY : 0;
  return who.reduce((bits, each) => bits | BITS[each], sticky);
}

function clear(bits: number): Edit {
  return (mode) => mode & ~bits;
}

function changeBits(operator: string, bits: number): Edit {
  return (mode) => (operator === "-" ? mode & ~bits : mode | bits);
}

function letterEdits(who: readonly Class[], operator: string, letters: string): readonly Edit[] {
  const bits = letterBits(who, letters);
  const executable = letterBits(who, "x");
  const change = changeBits(operator, bits);
  const search: Edit = (mode, { isSearchable }) => {
    if (!isSearchable) return mode;
    return operator === "-" ? mode & ~executable : mode | executable;
  };
  return letters.includes("X") ? [change, search] : [change];
}

function letterBits(who: readonly Class[], letters: string): number {
  const one = (letter: string, bit: number) => (letters.includes(letter) ? bit : 0);
  const permissions = one("r", 4) | one("w", 2) | one("x", 1);
  const plain = who.reduce((bits, each) => bits | (permissions << SHIFT[each]), 0);
  if (isForOthersAlone(who)) return plain;
  const setIds = letters.includes("s") ? who.reduce((bits, each) => bits | (BITS[each] & 0o6000), 0) : 0;
  return plain | setIds | one("t", STICKY);
}

/** Copies the permissions that a class has by now. */
function copy(who: readonly Class[], operator: string, from: Class): Edit {
  return (mode) => {
    const value = (mode >> SHIFT[from]) & 7;
    const bits = who.reduce((all, each) => all | (value << SHIFT[each]), 0);
    if (operator === "+") return mode | bits;
    if (operator === "-") return mode & ~bits;
    const cleared = who.reduce((all, each) => all | (7 << SHIFT[each]), 0);
    return (mode & ~cleared) | bits;
  };
}

function invalid(text: string): SlipwayError {
  return new SlipwayError(
    "INSTRUCTION_INVALID",
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: "write an octal mode such as 0644, or symbolic clauses such as u=rwX,go=rX" },
  );
}
