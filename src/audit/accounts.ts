import type { Entry } from "../core/file-tree.ts";

/** Names of an image's users and groups. */
export class Accounts {
  readonly #users: readonly Account[];
  readonly #userNames: ReadonlyMap<number, string>;
  readonly #groupNames: ReadonlyMap<number, string>;

  /** Texts of /etc/passwd and /etc/group; empty where there are none. */
  constructor(passwd: string, group: string) {
    this.#users = accountsIn(passwd);
    this.#userNames = namesById(this.#users);
    this.#groupNames = namesById(accountsIn(group));
  }

  /** `root:shadow`; numbers where there is no name. */
  ownerOf({ uid, gid }: Pick<Entry, "uid" | "gid">): string {
    return `${this.#userNames.get(uid) ?? uid}:${this.#groupNames.get(gid) ?? gid}`;
  }

  hasUid(uid: number): boolean {
    return this.#userNames.has(uid);
  }

  /** An id may have several names. */
  uidOf(name: string): number | undefined {
    return this.#users.find((user) => user.name === name)?.id;
  }
}

interface Account {
  readonly name: string;
  readonly id: number;
}

function accountsIn(text: string): readonly Account[] {
  return text.split("\n").flatMap((line) => {
    const [name = "", , id = ""] = line.split(":");
    return name !== "" && /^\d+$/.test(id) ? [{ name, id: Number(id) }] : [];
  });
}

/** The first name that an id has counts, as in getpwuid(3). */
function namesById(accounts: readonly Account[]): ReadonlyMap<number, string> {
  return new Map(accounts.map(({ name, id }) => [id, name] as const).reverse());
}
