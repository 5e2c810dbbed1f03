import type { Random } from "../engine/random.ts";

/** Characters that some reader of text treats as special, or gets wrong. */
const ODD = [
  "\u0000",
  "\u0007",
  "\u001b[31m",
  "\u001b]0;title\u0007",
  "\u007f",
  "\u0085",
  "\u00a0",
  "\u00e9",
  "e\u0301",
  "\u2028",
  "\u202e",
  "\u3000",
  "\ufeff",
  "\ufffd",
  "\u{1f600}",
  "\ud800",
  "\u0130",
  "\u00df",
  "\u0661",
];

const WORDS = [
  "a",
  "b",
  "foo",
  "bar",
  "x86",
  "app",
  "data",
  "node_modules",
  "src",
  "main",
  "config",
  "v1",
  "0",
  "42",
];

/** A short word of letters and digits. */
export function word(random: Random): string {
  return random.chance(0.7)
    ? random.pick(WORDS)
    : random.several(1, 8, () => random.pick([..."abcxyzABC019_-."])).join("");
}

/** Mostly plain text, sometimes with something odd in it. */
export function text(random: Random): string {
  const parts = random.several(0, 4, () => (random.chance(0.85) ? word(random) : random.pick(ODD)));
  return parts.join(random.pick(["", " ", "-", ".", "/", "\t"]));
}

/** A path of a file: relative or absolute, with dots, doubled slashes and odd names now and then. */
export function path(random: Random): string {
  const parts = random.several(1, 4, () =>
    random.chance(0.85)
      ? word(random)
      : random.pick([".", "..", "", "*", "?x", "[a-c]", "**", "\\*", ...ODD]),
  );
  return `${random.pick(["", "", "/", "./", "../"])}${parts.join("/")}${random.pick(["", "", "/", "/."])}`;
}
