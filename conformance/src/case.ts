import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** What a builder is asked to give: an image, an archive of files, a folder of files, or the answer of a sub-request. */
export type Kind = "image" | "tar" | "local" | "call";

/** An image that the suite's registry offers to one case, as `@image@/NAME`. */
export interface ImageSpec {
  /** A base of the suite (`busybox`, `usrmerged`); without it the image has no files. */
  readonly from?: string;
  /** Members laid over the base's `config`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Members laid over the base's image config itself: `author`, `variant`, `history` … */
  readonly top?: Readonly<Record<string, unknown>>;
  /** Makes an index with one manifest for each; `os/arch[/variant]`. */
  readonly platforms?: readonly string[];
  /** Tar files in `extra/`, added as layers. */
  readonly layers?: readonly string[];
  /** Of its layers; gzip where it is missing. */
  readonly compression?: "none" | "zstd";
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
}

/** The contents of `case.json`; conformance/README.md describes each member. */
export interface CaseSpec {
  readonly args?: readonly string[];
  readonly context?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly output?: Exclude<Kind, "call">;
  readonly outputOptions?: string;
  readonly cache?: boolean;
  /** `same`: whatever comes of it, but of both the same; reasons are not compared. */
  readonly expect?: "success" | "failure" | "same";
  readonly reason?: string;
  readonly exact?: boolean;
  readonly services?: readonly string[];
  readonly images?: Readonly<Record<string, ImageSpec>>;
  readonly rules?: readonly string[];
  /** Ids of docs/compatibility.md, each with the pattern of the differences that it explains. */
  readonly differs?: Readonly<Record<string, string>>;
  readonly note?: string;
}

export interface Case {
  /** `area/case`. */
  readonly name: string;
  readonly folder: string;
  readonly spec: CaseSpec;
}

const MEMBERS = new Set([
  "args",
  "context",
  "stdin",
  "env",
  "output",
  "outputOptions",
  "cache",
  "expect",
  "reason",
  "exact",
  "services",
  "images",
  "rules",
  "differs",
  "note",
]);

/** Every folder below `root` that has a `case.json` or a `Dockerfile`, sorted by name. */
export function loadCases(root: string): readonly Case[] {
  if (!existsSync(root)) return [];
  return findFolders(root)
    .map((folder) => ({ name: relative(root, folder), folder, spec: readSpec(folder) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One case from its folder; its name is that of the folder and the one above it. */
export function loadCase(folder: string): Case {
  return { name: `${basename(dirname(folder))}/${basename(folder)}`, folder, spec: readSpec(folder) };
}

/** A case is a leaf: folders below it are its context. */
function findFolders(folder: string): readonly string[] {
  if (existsSync(join(folder, "case.json")) || existsSync(join(folder, "Dockerfile"))) return [folder];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap(findFolders);
}

/** @throws Error that names the file, where it is no JSON object or has a member that means nothing */
export function readSpec(folder: string): CaseSpec {
  const file = join(folder, "case.json");
  if (!existsSync(file)) return {};
  try {
    return checkSpec(JSON.parse(readFileSync(file, "utf8")) as CaseSpec);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

function checkSpec(spec: CaseSpec): CaseSpec {
  const unknown = Object.keys(spec).filter((key) => !MEMBERS.has(key));
  if (unknown.length > 0) throw new Error(`unknown members: ${unknown.join(", ")}`);
  for (const pattern of [spec.reason ?? "", ...Object.values(spec.differs ?? {})]) new RegExp(pattern);
  if (spec.reason && spec.expect !== "failure") throw new Error("a reason needs `expect: failure`");
  return spec;
}

/** What the case asks for. */
export function kindOf(spec: CaseSpec): Kind {
  const asks = spec.args?.some((arg) => arg === "--check" || arg.startsWith("--call"));
  return asks ? "call" : (spec.output ?? "image");
}
