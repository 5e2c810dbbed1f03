import { printableName } from "../core/file-name.ts";
import { invalidTar } from "./tar-header.ts";
import { OPAQUE_MARKER, WHITEOUT_PREFIX } from "./tar-writer.ts";

/** Linux takes no longer paths (PATH_MAX); without a bound a name of megabytes would be as many directories. */
const LONGEST_PATH = 4095;

/**
 * An archive's name in the form of `Entry.path`: no leading slash, no `.`; `..` goes up in the text and stops at the root, as container
 * tools do. Throws `LAYER_INVALID` for a NUL byte or a path that no system takes.
 */
export function cleanName(name: string): string {
  if (name.includes("\0")) throw invalidTar(`it has a name with a NUL byte: "${printableName(name)}"`);
  if (name.length > LONGEST_PATH) throw invalidTar("it has a name that is too long");
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** Whether a relative name leads out of where the archive is unpacked, read as text (SPEC AD-02). */
export function leavesRoot(name: string): boolean {
  if (name.startsWith("/")) return false;
  let depth = 0;
  for (const part of name.split("/")) {
    if (part === "..") depth--;
    else if (part !== "" && part !== ".") depth++;
    if (depth < 0) return true;
  }
  return false;
}

/** What a name means in a layer (OCI image-spec v1.1, layer, whiteouts). `path` is that of the thing hidden, or of the opaque directory. */
export type LayerName =
  | { readonly kind: "entry"; readonly path: string }
  | { readonly kind: "whiteout"; readonly path: string }
  | { readonly kind: "opaque"; readonly path: string }
  /** Names of AUFS's own that mean nothing in an image (SPEC LT-08). */
  | { readonly kind: "reserved" };

/** Throws `LAYER_INVALID` for a whiteout of nothing, `.` or `..`. */
export function layerName(path: string): LayerName {
  const slash = path.lastIndexOf("/");
  const name = path.slice(slash + 1);
  if (!name.startsWith(WHITEOUT_PREFIX)) return { kind: "entry", path };
  const directory = slash < 0 ? "" : path.slice(0, slash);
  if (name === OPAQUE_MARKER) return { kind: "opaque", path: directory };
  if (name.startsWith(`${WHITEOUT_PREFIX}${WHITEOUT_PREFIX}`)) return { kind: "reserved" };
  const hidden = name.slice(WHITEOUT_PREFIX.length);
  if (hidden === "" || hidden === "." || hidden === "..")
    throw invalidTar(`it has a whiteout for nothing: "${printableName(path)}"`);
  return { kind: "whiteout", path: path.slice(0, slash + 1) + hidden };
}
