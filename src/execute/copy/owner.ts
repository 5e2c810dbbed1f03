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

/** Reads a small file of the destination's tree; undefined where it is missing or no regular file of bearable size. */
export type ReadSmallFile = (path: string) => Promise<string | undefined>;

/**
 * Resolves `--chown=user[:group]` (SPEC CP-14): numbers are taken as they are, names are looked up in the destination's own
 * passwd and group, an unknown user is 0:0, an empty part is 0; a user alone brings its group: a number the same number, a
 * name its primary group, which also stands in for a group that is unknown. `read` undefined: there is no root filesystem to look into (COPY --link, SPEC CP-19).
 */
export async function resolveOwner(text: string, read: ReadSmallFile | undefined): Promise<Owner> {
  const [userPart = "", groupPart] = text.split(":", 2);
  const user = await lookupUser(userPart, read);
  if (groupPart === undefined) return user;
  return { uid: user.uid, gid: (await lookupGroup(groupPart, read)) ?? user.gid };
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

/** Decimal ids, `root` and the empty part need no file. */
function numericId(name: string): number | undefined {
  if (name === "" || name === "root") return 0;
  return /^\d{1,10}$/.test(name) ? Number(name) : undefined;
}

async function table(path: string, read: ReadSmallFile): Promise<string[][]> {
  const text = (await read(path)) ?? "";
  return text.split("\n").map((line) => line.trim().split(":"));
}

function noRootFilesystem(name: string): SlipwayError {
  return new SlipwayError(
    "INSTRUCTION_INVALID",
    `invalid user index -1 (the name "${name}" cannot be looked up with --link)`,
    {
      hint: "use numeric ids with --link, or leave --link out",
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
