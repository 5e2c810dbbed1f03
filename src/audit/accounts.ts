import type { Entry } from "../core/file-tree.ts";

/** Names of an image's users and groups. */
export class Accounts {
  readonly #users: ReadonlyMap<number, string>;
  readonly #groups: ReadonlyMap<number, string>;

  /** Texts of /etc/passwd and /etc/group; empty where there are none. */
  constructor(passwd: string, group: string) {
    this.#users = namesById(passwd);
    this.#groups = namesById(group);
  }

  /** `root:shadow`; numbers where there is no name. */
  ownerOf({ uid, gid }: Pick<Entry, "uid" | "gid">): string {
    return `${this.#users.get(uid) ?? uid}:${this.#groups.get(gid) ?? gid}`;
  }

  hasUid(uid: number): boolean {
    return this.#users.has(uid);
  }

  uidOf(name: string): number | undefined {
    for (const [uid, user] of this.#users) if (user === name) return uid;
    return undefined;
  }
}

function namesById(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    if (name !== "" && /^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
