import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ERROR_CODES } from "../src/core/error-codes.ts";
import {
  findCycle,
  folderOf,
  PROJECT_ROOT,
  readSources,
  trackedFiles,
  withoutComments,
} from "./support/source-tree.ts";

/** A file imports its own folder or one of a lower rank; nothing points back. */
const RANKS: Readonly<Record<string, number>> = {
  core: 0,
  sys: 0,
  dockerfile: 1,
  store: 1,
  secrets: 1,
  shell: 1,
  sarif: 1,
  yaml: 2,
  rewrite: 2,
  context: 2,
  layer: 2,
  image: 2,
  plan: 3,
  registry: 3,
  snapshot: 3,
  cache: 3,
  leak: 3,
  runtime: 4,
  execute: 5,
  output: 6,
  progress: 6,
  lint: 5,
  audit: 6,
  diff: 6,
  lock: 6,
  container: 6,
  preflight: 6,
  gate: 6,
  harden: 6,
  api: 7,
  "index.ts": 7.5,
  cli: 8,
};

/** The two folders of rank 0: system calls fail with the errors of `core/`, which in turn knows nothing of `sys/`. */
const SIDEWAYS = new Set(["sys -> core"]);

/** Longest source file, in lines. */
const MAX_LINES = 350;

const sources = readSources();

describe("the one-way street", () => {
  it("has a rank for every folder below src", () => {
    const unknown = [...new Set(sources.map((file) => folderOf(file.path)))].filter(
      (name) => !(name in RANKS),
    );
    expect(unknown).toEqual([]);
  });

  it("imports only its own folder or a lower rank, types included", () => {
    const wrong = sources.flatMap((file) =>
      file.imports
        .filter((to) => !mayImport(folderOf(file.path), folderOf(to)))
        .map((to) => `${file.path} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it("imports only files that exist and lie below src", () => {
    const known = new Set(sources.map((file) => file.path));
    const missing = sources.flatMap((file) =>
      file.imports.filter((to) => !known.has(to)).map((to) => `${file.path} -> ${to}`),
    );
    expect(missing).toEqual([]);
  });

  it("has no circle of imports between files", () => {
    expect(findCycle(new Map(sources.map((file) => [file.path, file.imports])))).toBeUndefined();
  });

  it("finds a circle where there is one", () => {
    const edges = { a: ["b"], b: ["c"], c: ["b"] };
    expect(findCycle(new Map(Object.entries(edges)))).toEqual(["b", "c", "b"]);
  });
});

describe("the measure of a file", () => {
  it(`keeps every source file under ${MAX_LINES} lines`, () => {
    const long = sources
      .map((file) => ({ path: file.path, lines: file.text.split("\n").length }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  it("names no file for what it is not: utils, helpers, common, misc", () => {
    const vague = /(^|[/-])(utils?|helpers|common|misc)(\.ts$|\/)/;
    expect(sources.map((file) => file.path).filter((path) => vague.test(path))).toEqual([]);
  });
});

describe("what only the command line may touch", () => {
  it.each(["console.", "process.exit", "process.env", "process.stdout", "process.stdin", "homedir("])(
    "%s",
    (name) => {
      const users = sources
        .filter((file) => folderOf(file.path) !== "cli" && withoutComments(file.text).includes(name))
        .map((file) => file.path)
        // The library's entry hands the surroundings of its process to the functions below it, and nothing else.
        .filter((path) => path !== "src/index.ts" || !["process.env", "homedir("].includes(name));
      expect(users).toEqual([]);
    },
  );

  it("spawns processes only in sys/", () => {
    const users = sources
      .filter(
        (file) =>
          folderOf(file.path) !== "sys" && withoutComments(file.text).includes('"node:child_process"'),
      )
      .map((file) => file.path);
    expect(users).toEqual([]);
  });

  it("makes folders with their parents only in sys/make-folders.ts: Node's own way hangs below /proc", () => {
    const users = sources
      .filter((file) => /\bmkdir(Sync)?\([^;]*recursive: true/.test(withoutComments(file.text)))
      .map((file) => file.path);
    expect(users).toEqual([]);
  });

  it("throws no plain Error, which has no code and no remedy", () => {
    const users = sources
      .filter((file) => /\bthrow new Error\(/.test(withoutComments(file.text)))
      .map((file) => file.path);
    expect(users).toEqual([]);
  });
});

describe("the documents", () => {
  it("docs/architecture.md names every folder below src, and no other", () => {
    const text = readDocument("docs/architecture.md");
    const named = new Set([...text.matchAll(/`src\/([a-z]+)\/`/g)].map((match) => match[1]!));
    const real = new Set(sources.map((file) => folderOf(file.path)).filter((name) => !name.endsWith(".ts")));
    expect([...named].sort()).toEqual([...real].sort());
  });

  it("docs/architecture.md names only files that exist", () => {
    const text = readDocument("docs/architecture.md");
    const files = [...text.matchAll(/`((?:src|test|scripts|docs|examples|bench)\/[\w./-]+\.\w+)`/g)].map(
      (m) => m[1]!,
    );
    expect(files.filter((file) => !existsSync(join(PROJECT_ROOT, file)))).toEqual([]);
  });

  it("docs/errors.md lists exactly the codes of src/core/error-codes.ts, with their meanings", () => {
    const rows = [...readDocument("docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)];
    expect(Object.fromEntries(rows.map((row) => [row[1], row[2]]))).toEqual({ ...ERROR_CODES });
  });

  it("README.md names exactly two npm commands of this project, and beside them what npm itself does to install it", () => {
    const named = [...readDocument("README.md").matchAll(/\bnpm (?:run [\w:-]+|[a-z][\w-]*)/g)].map(
      (m) => m[0],
    );
    const own = (command: string) => command.startsWith("npm run ") || command === "npm test";
    expect([...new Set(named.filter(own))].sort()).toEqual(["npm run demo", "npm test"]);
    const foreign = [...new Set(named.filter((command) => !own(command)))].sort();
    expect(foreign.filter((command) => command !== "npm packages")).toEqual([
      "npm ci",
      "npm install",
      "npm pack",
    ]);
  });
});

describe("package-lock.json", () => {
  it("names every optional dependency, those of other platforms too, so that `npm ci` accepts it anywhere", () => {
    const { packages } = JSON.parse(readDocument("package-lock.json")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    const known = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ""));
    expect(wanted.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("what must not be in the repository", () => {
  const files = trackedFiles();

  it.runIf(files)("names no package registry or mirror and no path of the machine it was written on", () => {
    const forbidden = [
      ["registry", "npmjs", "org"].join("."),
      ["deb", "debian", "org"].join("."),
      ["security", "debian", "org"].join("."),
      ["archive", "ubuntu", "com"].join("."),
      ...(PROJECT_ROOT.split("/").length > 2 ? [`${PROJECT_ROOT}/`] : []),
      ...(homedir().startsWith("/home/") ? [`${homedir()}/`] : []),
    ];
    const found = files!.flatMap((path) => {
      const text = existsSync(join(PROJECT_ROOT, path))
        ? readFileSync(join(PROJECT_ROOT, path), "latin1")
        : "";
      return forbidden.filter((name) => text.includes(name)).map((name) => `${path}: ${name}`);
    });
    expect(found).toEqual([]);
  });
});

function mayImport(from: string, to: string): boolean {
  return from === to || RANKS[to]! < RANKS[from]! || SIDEWAYS.has(`${from} -> ${to}`);
}

function readDocument(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), "utf8");
}
