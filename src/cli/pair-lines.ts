import { readFileSync } from "node:fs";
import { SlipwayError } from "../core/errors.ts";

/**
 * Lines `k=v` or `k` of a file; leading blanks and lines that begin with `#` are skipped, nothing is unquoted (SPEC DR-07). Throws `USAGE`.
 * `flag`: which flag named the file.
 */
export function pairLines(path: string, flag: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new SlipwayError("USAGE", `cannot read ${path}`, {
      cause: error,
      hint: `check the path given with ${flag}`,
    });
  }
  const lines = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart());
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map((line) => checked(line, path));
}

function checked(line: string, path: string): string {
  const name = line.split("=", 1)[0]!;
  if (name !== "" && !/\s/.test(name)) return line;
  throw new SlipwayError(
    "USAGE",
    name === ""
      ? `no variable name on line ${JSON.stringify(line)} of ${path}`
      : `variable ${JSON.stringify(name)} in ${path} contains white space`,
  );
}
