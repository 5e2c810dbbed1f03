import { type PaxRecord, paxInteger, paxPath, paxTime } from "./pax.ts";
import { invalidTar, type RawHeader } from "./tar-header.ts";
import { parsePaxSparse, type SparseMap } from "./tar-sparse.ts";

export type TarType = "file" | "hardlink" | "symlink" | "char" | "block" | "dir" | "fifo";

/** One member of an archive, with its extended headers applied. Names are as written: nothing is cleaned or resolved. */
export interface TarEntry {
  readonly name: string;
  readonly type: TarType;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of the file, holes of a sparse one included. */
  readonly size: number;
  readonly mtime: number;
  readonly mtimeNs: number;
  readonly linkName: string;
  readonly devMajor: number;
  readonly devMinor: number;
  readonly xattrs: Readonly<Record<string, Uint8Array>>;
}

/** What stood before a member and describes it. */
export interface ExtendedHeaders {
  readonly pax: readonly PaxRecord[];
  /** GNU's long name and long link name. */
  readonly longName?: string;
  readonly longLink?: string;
}

/** A member, and how its bytes are stored. */
export interface TarMember {
  readonly entry: TarEntry;
  /** Bytes in the archive, a sparse map in front included. */
  readonly stored: number;
  readonly sparse?: SparseMap;
  /** The data begins with a sparse map (PAX format 1.0). */
  readonly hasMapInData?: boolean;
}

const TYPES: Readonly<Record<string, TarType>> = {
  "0": "file",
  "1": "hardlink",
  "2": "symlink",
  "3": "char",
  "4": "block",
  "5": "dir",
  "6": "fifo",
  "7": "file",
  S: "file",
  D: "dir",
};
const XATTR_KEY = "SCHILY.xattr.";
const LARGEST_ID = 0xffff_ffff;

/** Applies extended headers to a header. Throws `LAYER_INVALID` for an unknown type or a value out of range. */
export function describeMember(raw: RawHeader, extended: ExtendedHeaders): TarMember {
  const records = new Map(extended.pax.filter(([, value]) => value.length > 0));
  const integer = (key: string, otherwise: number) => {
    const value = records.get(key);
    return value ? paxInteger(value) : otherwise;
  };
  const path = (key: string) => {
    const value = records.get(key);
    return value && paxPath(value);
  };
  const name = path("GNU.sparse.name") ?? path("path") ?? extended.longName ?? raw.name;
  const type = typeOf(raw, name);
  const stored = raw.type === "D" || type === "file" ? integer("size", raw.size) : 0;
  const sparse = parsePaxSparse(extended.pax);
  const hasMapInData = integer("GNU.sparse.major", 0) === 1;
  const realSize = hasMapInData ? integer("GNU.sparse.realsize", stored) : (sparse?.size ?? stored);
  const mtime = records.get("mtime");
  const time = mtime ? paxTime(mtime) : { seconds: raw.mtime, nanoseconds: 0 };
  const entry: TarEntry = {
    name,
    type,
    mode: raw.mode & 0o7777,
    uid: within(integer("uid", raw.uid), LARGEST_ID, "owner"),
    gid: within(integer("gid", raw.gid), LARGEST_ID, "group"),
    size: type === "file" ? within(realSize, Number.MAX_SAFE_INTEGER, "size") : 0,
    mtime: time.seconds,
    mtimeNs: time.nanoseconds,
    linkName: path("linkpath") ?? extended.longLink ?? raw.linkName,
    devMajor: within(raw.devMajor, LARGEST_ID, "device number"),
    devMinor: within(raw.devMinor, LARGEST_ID, "device number"),
    xattrs: xattrsOf(records),
  };
  within(stored, Number.MAX_SAFE_INTEGER, "size");
  return { entry, stored, ...(sparse ? { sparse } : {}), ...(hasMapInData ? { hasMapInData } : {}) };
}

/** Archives from before POSIX mark a directory only by its trailing slash. */
function typeOf(raw: RawHeader, name: string): TarType {
  const type = TYPES[raw.type];
  if (!type) throw invalidTar(`it has an entry of the unknown type ${JSON.stringify(raw.type)}`);
  return raw.type === "0" && name.endsWith("/") ? "dir" : type;
}

function xattrsOf(records: ReadonlyMap<string, Buffer>): Readonly<Record<string, Uint8Array>> {
  const found = [...records].filter(([key]) => key.startsWith(XATTR_KEY));
  return Object.fromEntries(found.map(([key, value]) => [key.slice(XATTR_KEY.length), Buffer.from(value)]));
}

function within(value: number, most: number, what: string): number {
  if (value < 0 || value > most) throw invalidTar(`it has an entry with an impossible ${what}`);
  return value;
}
