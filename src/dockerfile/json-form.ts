import { SlipwayError } from "../core/errors.ts";
import { trimStart } from "./white-space.ts";

/**
 * The strings of an argument text in JSON (exec) form; undefined where the text is not a JSON array at all, which makes
 * it the other form (SPEC LX-29, LX-30). Throws DOCKERFILE_SYNTAX for an array that holds anything but strings.
 */
export function parseJsonForm(text: string): readonly string[] | undefined {
  const trimmed = trimStart(text);
  if (!trimmed.startsWith("[")) return undefined;
  const value = decode(trimmed);
  if (!Array.isArray(value)) return undefined;
  if (!value.every((item) => typeof item === "string"))
    throw new SlipwayError(
      "DOCKERFILE_SYNTAX",
      "when using JSON array syntax, arrays must be comprised of strings only",
      { hint: "put every element in double quotes" },
    );
  return value.map((item: string) => item.toWellFormed());
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
