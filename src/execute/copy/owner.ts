import { readFileSync } from "node:fs";
import { SlipwayError } from "../../core/errors.ts";
import { fsPath } from "../../core/file-name.ts";
import type { FileTree } from "../../core/file-tree.ts";
import { LIMITS } from "../../core/limits.ts";
import { resolvePath } from "../../layer/resolve.ts";

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const LARGEST_ID = 0x7fff_ffff;

/** Reads a small file of the destination's tree; undefined where it is missing or no regular file of bearable size. */
export type ReadSmallFile = (path: string) => Promise<string | undefined>;

/**
 * Resolves `--chown=user[:group]` (SPEC CP-14): numbers are taken as they are, names are looked up in the destination's own
 * passwd and group, an unknown user is 0 with group 0, an empty part is 0; a numeric user is also the group, a named user brings its
 * primary group, and an unknown group leaves it at that. `read` undefined: there is no root filesystem to look into (COPY --link, a stage
 * from scratch without a layer; SPEC CP-19).
 */
export async function resolveOwner(text: string, read: ReadSmallFile | undefined): Promise<Owner> {
  const colon = text.indexOf(":");
  const user = await lookupUser(colon < 0 ? text : text.slice(0, colon), read);
  if (colon < 0) return user;
  return { uid: user.uid, gid: (await lookupGroup(text.slice(colon + 1), read)) ?? user.gid };
}

async function lookupUser(name: string, read: ReadSmallFile | undefined): Promise<Owner> {
  const id = numericId(name);
  if (id !== undefined) return { uid: id, gid: id };
  if (!read) throw noRootFilesystem(name);
  for (const [login, , uid, gid] of await table("etc/passwd", read))
    if (login === name) return { uid: Number(uid) || 0, gid: Number(gid) || 0 };
  return { uid: 0, gid: 0 };
}

async function lookupGroup(name: string, read: ReadSmallFile | undefined): Promise<number | undefined> {
  const id = numericId(name);
  if (id !== undefined) return id;
  if (!read) throw noRootFilesystem(name);
  for (const [group, , gid] of await table("etc/group", read)) if (group === name) return Number(gid) || 0;
  return undefined;
}

/** Decimal ids below 2^31, `root` and the empty part need no file; a larger number is a name that nobody has. */
function numericId(name: string): number | undefined {
  if (name === "" || name === "root") return 0;
  const id = /^\+?\d+$/.test(name) ? Number(name) : Number.NaN;
  return id <= LARGEST_ID ? id : undefined;
}

async function table(path: string, read: ReadSmallFile): Promise<string[][]> {
  const text = (await read(path)) ?? "";
  return text.split("\n").map((line) => line.trim().split(":"));
}

function noRootFilesystem(name: string): SlipwayError {
  return new SlipwayError(
    "INSTRUCTION_INVALID",
    `invalid user index -1: there is no root filesystem in which the name "${name}" could be looked up`,
    {
      hint: "use numeric ids in a stage from scratch and with --link",
    },
  );
}

/** A reader of small text files of a tree: links are resolved inside it, only regular files up to 10 MiB are read (SPEC RN-06). */
export function smallFileReader(
  tree: FileTree & { locate(path: string): string; prepare(paths: readonly string[]): Promise<void> },
): ReadSmallFile {
  return async (path) => {
    const found = resolvePath(tree, path, { followLast: true });
    if (found.entry?.type !== "file" || found.entry.size > LIMITS.passwd) return undefined;
    await tree.prepare([found.path]);
    return readFileSync(fsPath(tree.locate(found.path)), "utf8");
  };
}

/** As `smallFileReader`, for names of owners: accounts that are a directory are an error, as reading it is. */
export function accountReader(tree: Parameters<typeof smallFileReader>[0]): ReadSmallFile {
  const read = smallFileReader(tree);
  return async (path) => {
    if (resolvePath(tree, path, { followLast: true }).entry?.type === "dir")
      throw new SlipwayError("INSTRUCTION_INVALID", `read /${path}: is a directory`, {
        hint: "use numeric ids, or put the image's accounts in order",
      });
    return read(path);
  };
}
