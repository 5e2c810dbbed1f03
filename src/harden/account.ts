import type { HardenUser } from "../core/harden-report.ts";

/** The account that is made where an image has no user. */
export const ACCOUNT = {
  name: "app",
  firstId: 10_001,
  home: "/nonexistent",
  comment: "application",
} as const;

/** Texts of an image's account files; undefined where there is none. */
export interface AccountTexts {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
  readonly shadow: string | undefined;
  readonly gshadow: string | undefined;
}

export interface NewAccount {
  readonly user: HardenUser;
  /** Files with a line more; none for an account that was there. */
  readonly texts: Readonly<Partial<Record<keyof AccountTexts, string>>>;
}

type Line = readonly string[];

/**
 * An account for an image that has no user: one called `app` that is not root's is taken as it is, else one is added, with the first id from 10001 on that
 * no account, no group and no file (`usedIds`) has. It has no password, no home and no shell. `shell`: what stands for none in this image. Pure.
 */
export function accountFor(texts: AccountTexts, usedIds: ReadonlySet<number>, shell: string): NewAccount {
  const users = linesOf(texts.passwd);
  const groups = linesOf(texts.group);
  const existing = users.find((line) => line[0] === ACCOUNT.name);
  const uid = Number(existing?.[2]);
  if (existing && uid > 0 && Number(existing[3]) >= 0)
    return { user: { name: ACCOUNT.name, uid, gid: Number(existing[3]), isNew: false }, texts: {} };
  const name = freeName(users, groups);
  const id = freeId(
    [...users.map((line) => line[2]), ...users.map((line) => line[3]), ...groups.map((line) => line[2])],
    usedIds,
  );
  const account = [name, "x", id, id, ACCOUNT.comment, ACCOUNT.home, shell].join(":");
  return {
    user: { name, uid: id, gid: id, isNew: true },
    texts: {
      passwd: added(texts.passwd, account),
      group: added(texts.group, `${name}:x:${id}:`),
      // Where passwords are kept apart, an account without a line there confuses what looks for one.
      ...(texts.shadow === undefined ? {} : { shadow: added(texts.shadow, `${name}:!*:::::::`) }),
      ...(texts.gshadow === undefined ? {} : { gshadow: added(texts.gshadow, `${name}:!*::`) }),
    },
  };
}

/** `app`, or `app1` … where a group, or an account that is root's, is called so. */
function freeName(users: readonly Line[], groups: readonly Line[]): string {
  const taken = new Set([...users, ...groups].map(([name]) => name));
  let name: string = ACCOUNT.name;
  for (let i = 1; taken.has(name); i++) name = `${ACCOUNT.name}${i}`;
  return name;
}

function freeId(accounts: readonly (string | undefined)[], usedIds: ReadonlySet<number>): number {
  const taken = new Set(accounts.map(Number));
  let id: number = ACCOUNT.firstId;
  while (taken.has(id) || usedIds.has(id)) id++;
  return id;
}

function linesOf(text = ""): readonly Line[] {
  return text.split("\n").map((line) => line.split(":"));
}

function added(text: string | undefined, line: string): string {
  const before = text === undefined || text === "" || text.endsWith("\n") ? (text ?? "") : `${text}\n`;
  return `${before}${line}\n`;
}
