import { SlipwayError } from "../core/errors.ts";
import { comparePaths } from "../core/file-name.ts";

/** Paths as people give them, in the form of `Entry.path`, sorted, without those that lie below another. Throws `USAGE` for `..`. */
export function selectedPaths(paths: readonly string[]): readonly string[] {
  const clean = [...new Set(paths.map(cleanPath))].sort(comparePaths);
  return clean.filter((path) => !clean.some((other) => other !== path && isAtOrBelow(path, [other])));
}

/** Whether a path is one of these, or lies below one. */
export function isAtOrBelow(path: string, places: readonly string[]): boolean {
  return places.some((place) => place === "" || path === place || path.startsWith(`${place}/`));
}

function cleanPath(text: string): string {
  const names = text.split("/").filter((name) => name !== "" && name !== ".");
  if (!names.includes("..")) return names.join("/");
  throw new SlipwayError("USAGE", `${JSON.stringify(text)} is no path in an image`, {
    hint: "write it without `..`",
  });
}
