import { SlipwayError } from "../../core/errors.ts";

/** Gives the mode of a copied file or directory from its source's mode. */
export type ModeChange = {
  /** The octal value, where the flag was octal: directories that COPY creates get it too (SPEC CP-04). */
  readonly octal: number | undefined;
  apply(mode: number, isDirectory: boolean): number;
};

/** Parses `--chmod` (SPEC CP-15): octal 0 to 07777, or chmod(1) symbolic clauses evaluated with umask 0. */
export function parseModeChange(text: string): ModeChange {
  if (/^[0-7]+$/.test(text)) {
    const octal = Number.parseInt(text, 8);
    if (octal > 0o7777) throw invalid(text);
    return { octal, apply: () => octal };
  }
  const clauses = text.split(",").map((clause) => parseClause(clause, text));
  return {
    octal: undefined,
    apply: (mode, isDirectory) => clauses.reduce((value, clause) => clause(value, isDirectory), mode),
  };
}

type Clause = (mode: number, isDirectory: boolean) => number;

const SHIFT = { u: 6, g: 3, o: 0 } as const;
type Who = keyof typeof SHIFT;

function parseClause(clause: string, whole: string): Clause {
  const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause);
  if (!match) throw invalid(whole);
  const who = whoOf(match[1]!);
  const actions = [...match[2]!.matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)].map(
    (action) => [action[1]!, action[2]!] as const,
  );
  return (mode, isDirectory) =>
    actions.reduce((value, [operator, what]) => applyAction(value, who, operator, what, isDirectory), mode);
}

function whoOf(letters: string): readonly Who[] {
  return letters === "" || letters.includes("a")
    ? ["u", "g", "o"]
    : (["u", "g", "o"] as const).filter((w) => letters.includes(w));
}

function applyAction(
  mode: number,
  who: readonly Who[],
  operator: string,
  what: string,
  isDirectory: boolean,
): number {
  let bits = 0;
  let mask = 0;
  for (const w of who) {
    bits |= permissionBits(mode, what, isDirectory) << SHIFT[w];
    mask |= 0o7 << SHIFT[w];
  }
  bits |= specialBits(who, what);
  if (who.includes("u")) mask |= 0o4000;
  if (who.includes("g")) mask |= 0o2000;
  if (who.length === 3) mask |= 0o1000;
  if (operator === "+") return mode | bits;
  if (operator === "-") return mode & ~bits;
  // chmod(1): `=` on a directory leaves set-user-ID and set-group-ID alone unless they are named.
  const kept = isDirectory && !what.includes("s") ? mask & ~0o6000 : mask;
  return (mode & ~kept) | bits;
}

function permissionBits(mode: number, what: string, isDirectory: boolean): number {
  if (what === "u" || what === "g" || what === "o") return (mode >> SHIFT[what]) & 0o7;
  let bits = 0;
  if (what.includes("r")) bits |= 4;
  if (what.includes("w")) bits |= 2;
  if (what.includes("x") || (what.includes("X") && (isDirectory || (mode & 0o111) !== 0))) bits |= 1;
  return bits;
}

function specialBits(who: readonly Who[], what: string): number {
  let bits = 0;
  if (what.includes("s") && who.includes("u")) bits |= 0o4000;
  if (what.includes("s") && who.includes("g")) bits |= 0o2000;
  if (what.includes("t")) bits |= 0o1000;
  return bits;
}

function invalid(text: string): SlipwayError {
  return new SlipwayError(
    "INSTRUCTION_INVALID",
    `invalid chmod parameter: '${text}'. it should be octal string and between 0 and 07777`,
    { hint: "write an octal mode such as 0644, or symbolic clauses such as u=rwX,go=rX" },
  );
}
