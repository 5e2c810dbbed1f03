import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The checkout that the tests run in. */
export const PROJECT_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export interface SourceFile {
  /** Relative to the project root. */
  readonly path: string;
  readonly text: string;
  /** Relative imports, types and dynamic ones included, as paths from the project root. */
  readonly imports: readonly string[];
}

/** Every TypeScript file below `src/`. */
export function readSources(): readonly SourceFile[] {
  return readdirSync(join(PROJECT_ROOT, "src"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(PROJECT_ROOT, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => {
      const text = readFileSync(join(PROJECT_ROOT, path), "utf8");
      return { path, text, imports: relativeImports(path, withoutComments(text)) };
    });
}

/** The folder below `src/` that a path lies in; the file name for `src/index.ts`. */
export function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Source text with comments blanked, line numbers kept. Strings that contain `//` or `/*` survive where they hold a URL or a media type. */
export function withoutComments(text: string): string {
  return text
    .replace(/(^|[\s;{}(,])\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/(^|[\s;{}(,])\/\/[^\n]*/g, "$1");
}

/** Files under version control, or undefined where this is no git checkout (an unpacked release). */
export function trackedFiles(): readonly string[] | undefined {
  try {
    const listed = execFileSync("git", ["ls-files", "-z"], {
      cwd: PROJECT_ROOT,
      encoding: "utf8",
      stdio: "pipe",
    });
    return listed.split("\0").filter((name) => name !== "");
  } catch {
    return undefined;
  }
}

function relativeImports(from: string, text: string): string[] {
  const specifiers = text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g);
  return [...specifiers].map((match) =>
    relative(PROJECT_ROOT, resolve(PROJECT_ROOT, dirname(from), match[1]!)),
  );
}

/** The first circle found among `edges`, as the names along it; undefined where there is none. */
export function findCycle(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): readonly string[] | undefined => {
    if (done.has(name)) return undefined;
    const seen = trail.indexOf(name);
    if (seen >= 0) return [...trail.slice(seen), name];
    trail.push(name);
    for (const next of edges.get(name) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    trail.pop();
    done.add(name);
    return undefined;
  };
  for (const name of edges.keys()) {
    const cycle = visit(name);
    if (cycle) return cycle;
  }
  return undefined;
}
