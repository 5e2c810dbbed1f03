import { readFileSync } from "node:fs";

/** The version of the package that this command belongs to; package.json lies above dist/, or above src/cli/. */
export const VERSION: string = read("../package.json") ?? read("../../package.json") ?? "0.0.0";

function read(relative: string): string | undefined {
  try {
    const manifest = JSON.parse(readFileSync(new URL(relative, import.meta.url), "utf8")) as {
      name?: string;
      version?: string;
    };
    return manifest.name === "slipway" ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
