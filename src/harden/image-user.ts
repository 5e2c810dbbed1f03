import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import type { HardenChange, HardenUser } from "../core/harden-report.ts";
import { LIMITS } from "../core/limits.ts";
import type { ChangeSet } from "../execute/copy/change-set.ts";
import { requireRoomFor } from "../execute/copy/place.ts";
import { parentOf, resolvePath } from "../layer/resolve.ts";
import { resolveUser } from "../runtime/users.ts";
import { type AccountTexts, accountFor, type NewAccount } from "./account.ts";
import type { ImageFiles } from "./image-files.ts";
import { isRootWord } from "./root-user.ts";

/** The files of accounts, with the mode of one that has to be made. */
const FILES = {
  passwd: { path: "etc/passwd", mode: 0o644 },
  group: { path: "etc/group", mode: 0o644 },
  shadow: { path: "etc/shadow", mode: 0o640 },
  gshadow: { path: "etc/gshadow", mode: 0o640 },
} as const satisfies Record<keyof AccountTexts, { path: string; mode: number }>;

/** Whether an image with this USER runs as root by its accounts: some have further names for root. A name that is not there is nobody's. */
export async function isRootUser(user: string, files: ImageFiles): Promise<boolean> {
  if (isRootWord(user)) return true;
  const passwd = await textOf(files, FILES.passwd.path);
  try {
    return resolveUser({ user: user.split(":")[0]!, passwd: Buffer.from(passwd ?? "", "latin1") }).uid === 0;
  } catch (error) {
    if (isSlipwayError(error, "USER_NOT_FOUND")) return false;
    throw error;
  }
}

export interface MadeUser {
  readonly user: HardenUser;
  readonly changes: readonly HardenChange[];
}

/** Gives the image an account that is not root's, in the last layer. Throws `HARDEN_REFUSED` where the image has no room for one. */
export async function makeUser(
  files: ImageFiles,
  usedIds: ReadonlySet<number>,
  { changes, time }: { readonly changes: ChangeSet; readonly time: number },
): Promise<MadeUser> {
  const { tree } = files;
  const texts: AccountTexts = {
    passwd: await textOf(files, FILES.passwd.path),
    group: await textOf(files, FILES.group.path),
    shadow: await textOf(files, FILES.shadow.path),
    gshadow: await textOf(files, FILES.gshadow.path),
  };
  const shell = tree.lookup("usr/sbin/nologin") ? "/usr/sbin/nologin" : "/sbin/nologin";
  const account: NewAccount = accountFor(texts, usedIds, shell);
  const told: HardenChange[] = [];
  for (const [name, text] of Object.entries(account.texts) as [keyof AccountTexts, string][])
    told.push(write(files, FILES[name], text, { changes, time }));
  return { user: account.user, changes: told };
}

function write(
  { tree }: ImageFiles,
  file: { readonly path: string; readonly mode: number },
  text: string,
  { changes, time }: { readonly changes: ChangeSet; readonly time: number },
): HardenChange {
  const bytes = Buffer.from(text, "latin1");
  const { path, entry } = resolvePath(tree, file.path, { followLast: true });
  requireRoomFor(changes, parentOf(path));
  changes.makeDirectories(parentOf(path), { mode: 0o755, owner: undefined, mtime: time, mtimeNs: 0 });
  const made = { mode: file.mode, uid: 0, gid: 0, mtime: time, mtimeNs: 0 };
  const { mode, uid, gid, mtime, mtimeNs, xattrs } = { xattrs: undefined, ...made, ...entry };
  const written: Entry = {
    ...{ path, type: "file", mode, uid, gid, mtime, mtimeNs, size: bytes.length },
    ...(xattrs ? { xattrs } : {}),
  };
  changes.put(written, { kind: "bytes", bytes });
  return { action: "write", path: `/${path}`, what: "account", place: "final-layer" };
}

async function textOf(files: ImageFiles, file: string): Promise<string | undefined> {
  const { path, entry } = resolvePath(files.tree, file, { followLast: true });
  if (!entry) return undefined;
  if (entry.type === "file" && entry.size <= LIMITS.passwd) return files.text(entry);
  throw new SlipwayError(
    "HARDEN_REFUSED",
    `/${path} cannot be read for accounts: it is ${entry.type === "file" ? "too large" : "no file"}`,
    {
      hint: "set USER in the Dockerfile: then no account has to be made",
    },
  );
}
