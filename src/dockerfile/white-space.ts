/**
 * White space as the Dockerfile grammar knows it. Two sets are in use: Unicode spaces (trimming, words of ARG, ENV and
 * LABEL, splitting after expansion) and the five blanks between the arguments of an instruction line (SPEC LX-24).
 * Loops instead of expressions anchored at the end, because those take quadratic time on a long run of blanks.
 */

const SPACE = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]$/;

/** Tells whether one character is a Unicode space. */
export function isSpace(char: string): boolean {
  if (char === " " || char === "\t" || char === "\n") return true;
  return (char < "!" || char > "~") && SPACE.test(char);
}

export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text[start]!)) start++;
  return text.slice(start);
}

export function trimSpace(text: string): string {
  const rest = trimStart(text);
  let end = rest.length;
  while (end > 0 && isSpace(rest[end - 1]!)) end--;
  return rest.slice(0, end);
}

/** Removes the characters of `set` from the end. */
export function trimEndOf(text: string, set: string): string {
  let end = text.length;
  while (end > 0 && set.includes(text[end - 1]!)) end--;
  return text.slice(0, end);
}

function isBlank(char: string): boolean {
  return char === " " || char === "\t" || char === "\v" || char === "\f" || char === "\r";
}

/** Splits once at the first run of blanks; the second part is undefined where there is no such run. */
export function cutAtBlanks(text: string): readonly [head: string, rest: string | undefined] {
  let end = 0;
  while (end < text.length && !isBlank(text[end]!)) end++;
  if (end === text.length) return [text, undefined];
  let next = end;
  while (next < text.length && isBlank(text[next]!)) next++;
  return [text.slice(0, end), text.slice(next)];
}

/** Splits at every run of blanks; an empty text has no parts. */
export function splitAtBlanks(text: string): string[] {
  return text === "" ? [] : text.split(/[\t\v\f\r ]+/);
}
