import { closeSync, openSync, readSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { detectCompression } from "../layer/compression.ts";
import type { Environment } from "./environment.ts";

/** What a path leads to: an archive or layout of images, a Dockerfile or the folder of one; `missing`: nothing, and it could be no name of an image. */
export type PathKind = "image" | "dockerfile" | "missing";

/** Tells whether an archive or layout is meant, and no name. Throws `IMAGE_NOT_FOUND` and `IMAGE_INVALID` for a path that leads to neither. */
export function meansArchive(written: string, { cwd }: Pick<Environment, "cwd">): boolean {
  const kind = pathKind(written, cwd);
  if (kind === undefined) return false;
  if (kind === "image") return true;
  throw kind === "missing"
    ? new SlipwayError("IMAGE_NOT_FOUND", `there is no file or folder ${written}`)
    : new SlipwayError("IMAGE_INVALID", `${written} is neither an archive of images nor an OCI layout`);
}

/** Where a tar archive says that it is one (POSIX.1 ustar, GNU). */
const TAR_MAGIC = { at: 257, text: "ustar" };

/**
 * Tells whether somebody means a path or the name of an image; undefined: a name. What begins with `/`, `./` or `../`, and `.`, is always a path; anything else
 * is one where it exists and could be no name (capital letters), or ends like an archive.
 */
export function pathKind(written: string, cwd: string): PathKind | undefined {
  const isExplicit = /^(?:\/|\.\.?(?:\/|$))/.test(written);
  const isArchiveName = /\.(?:tar|tgz|tar\.\w+)$/i.test(written);
  const looksSo = isArchiveName || /[A-Z]/.test(written);
  if (!isExplicit && !looksSo) return undefined;
  const path = resolve(cwd, written);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return isExplicit ? "missing" : undefined;
  if (stats.isDirectory()) return isLayout(path) ? "image" : "dockerfile";
  return isArchiveName || !stats.isFile() || isArchive(path) ? "image" : "dockerfile";
}

/** Only layouts have the mark (OCI image-spec v1.1, image-layout); the other names are common beside Dockerfiles: a web app has its manifest.json. */
function isLayout(folder: string): boolean {
  const has = (name: string) => statSync(resolve(folder, name), { throwIfNoEntry: false })?.isFile() ?? false;
  return has("oci-layout") || (!has("Dockerfile") && (has("index.json") || has("manifest.json")));
}

function isArchive(path: string): boolean {
  const head = Buffer.alloc(512);
  const fd = openSync(path, "r");
  try {
    readSync(fd, head);
  } finally {
    closeSync(fd);
  }
  const { at, text } = TAR_MAGIC;
  return (
    detectCompression(head) !== undefined || head.subarray(at, at + text.length).toString("latin1") === text
  );
}
