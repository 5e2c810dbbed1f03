/** A part of a pattern: one character, any but `/`, any number of those, or any number of whatever. */
type Part = { readonly char: string } | "one" | "some" | "all";

/**
 * Whether a text is what a pattern describes, from end to end: `*` stands for any characters but `/`, `**` for any at all, `?` for one that is not `/`, and a
 * backslash takes the meaning from the next. The time grows with the product of both lengths, whatever the pattern is.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = partsOf(pattern);
  let states = reached(parts, [0]);
  for (const char of text) {
    const next: number[] = [];
    for (const at of states) {
      const part = parts[at];
      if (part === undefined || !takes(part, char)) continue;
      next.push(part === "some" || part === "all" ? at : at + 1);
    }
    states = reached(parts, next);
    if (states.size === 0) return false;
  }
  return states.has(parts.length);
}

function takes(part: Part, char: string): boolean {
  if (part === "all") return true;
  return typeof part === "string" ? char !== "/" : part.char === char;
}

/** A star may stand for nothing. */
function reached(parts: readonly Part[], starts: readonly number[]): ReadonlySet<number> {
  const states = new Set<number>();
  for (let at of starts) {
    states.add(at);
    while (parts[at] === "some" || parts[at] === "all") states.add(++at);
  }
  return states;
}

function partsOf(pattern: string): readonly Part[] {
  return [...pattern.matchAll(/\\(.)|(\*\*+)|(\*)|(\?)|(.)/gsu)].map(([, escaped, all, some, one, char]) => {
    if (all !== undefined) return "all";
    if (some !== undefined) return "some";
    return one === undefined ? { char: (escaped ?? char)! } : "one";
  });
}
