import type { Random } from "./random.ts";

const PATTERNS = [
  "*.txt",
  "**/*.go",
  "sub",
  "sub/",
  "/a",
  "a/*",
  "**/f",
  ".*",
  "b/**",
  "*/*/g.txt",
  "lib.d/sub",
  "# comment",
  "",
  "l*",
  "[ab]",
  "?",
];

/** The lines of a `.dockerignore`, or nothing. */
export function generateIgnoreFile(random: Random, paths: readonly string[]): string | undefined {
  if (!random.oneIn(3)) return undefined;
  const line = () => (random.oneIn(4) ? random.pick(paths) : random.pick(PATTERNS));
  const lines = random.list(1, 4, () => (random.oneIn(4) ? `!${line()}` : line()));
  return `${lines.filter((each) => each !== "!").join("\n")}\n`;
}
