import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { LIMITS } from "../core/limits.ts";
import { idOf } from "../image/user-id.ts";

/** Who a process runs as. */
export interface ContainerUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, ascending; the primary one is always among them, so that dropping a group gains nothing (SPEC RN-06). */
  readonly additionalGids: readonly number[];
  /** From /etc/passwd; `/` where it says nothing (SPEC DR-05). */
  readonly home: string;
}

export interface UserRequest {
  /** `user[:group]`, names or numbers; empty is root. */
  readonly user: string;
  /** The image's /etc/passwd and /etc/group; absent where there is none. Read by the caller inside the image's tree. */
  readonly passwd?: Uint8Array;
  readonly group?: Uint8Array;
}

interface PasswdLine {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

interface GroupLine {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Resolves USER as the process is about to start (SPEC RN-06). Throws `USER_NOT_FOUND`. Pure. */
export function resolveUser(request: UserRequest): ContainerUser {
  const [userPart = "", groupPart = ""] = splitOnce(request.user);
  const uid = userPart === "root" ? 0 : idOf(userPart);
  const gid = groupPart === "root" ? 0 : idOf(groupPart);
  const passwd = parsePasswd(request.passwd);
  if (uid !== undefined && gid !== undefined && groupPart !== "") {
    return { uid, gid, additionalGids: [gid], home: homeOf(passwd, uid) };
  }
  const groups = parseGroup(request.group);
  const account = findAccount(request.user, userPart, passwd);
  const { home } = account;
  if (groupPart !== "") {
    const chosen = gid ?? findGroup(groupPart, groups);
    return { uid: account.uid, gid: chosen, additionalGids: [chosen], home };
  }
  return {
    uid: account.uid,
    gid: account.gid,
    additionalGids: supplementaryGroups(account, groups),
    home,
  };
}

/** Adds groups by name or number (`--group-add`, SPEC DR-05). Throws `USER_NOT_FOUND`. Pure. */
export function withGroups(
  user: ContainerUser,
  names: readonly string[],
  group: Uint8Array | undefined,
): ContainerUser {
  const lines = parseGroup(group);
  const added = names.map((name) => idOf(name) ?? findGroup(name, lines));
  const gids = [...new Set([...user.additionalGids, ...added])].sort((a, b) => a - b);
  return { ...user, additionalGids: gids };
}

function findAccount(whole: string, user: string, passwd: readonly PasswdLine[]): PasswdLine {
  const number = idOf(user);
  const name = user === "" ? "root" : user;
  // A number is one even where somebody is called so.
  const found = passwd.find((line) => (number === undefined ? line.name === name : line.uid === number));
  if (found) return found;
  const uid = name === "root" ? 0 : number;
  if (uid === undefined) {
    throw new SlipwayError(
      "USER_NOT_FOUND",
      `unable to find user ${printableName(user)}: no matching entries in passwd file`,
      {
        facts: { user: whole },
        hint: "use a numeric id, or a user that /etc/passwd of the image has (RUN useradd or adduser makes one)",
      },
    );
  }
  return { name: "", uid, gid: 0, home: "/" };
}

function findGroup(name: string, groups: readonly GroupLine[]): number {
  const found = groups.find((line) => line.name === name);
  if (found) return found.gid;
  throw new SlipwayError(
    "USER_NOT_FOUND",
    `unable to find group ${printableName(name)}: no matching entries in group file`,
    {
      facts: { group: name },
      hint: "use a numeric id, or a group that /etc/group of the image has (RUN groupadd or addgroup makes one)",
    },
  );
}

function supplementaryGroups(account: PasswdLine, groups: readonly GroupLine[]): readonly number[] {
  const isMember = ({ members }: GroupLine) => account.name !== "" && members.includes(account.name);
  const gids = groups.filter(isMember).map((line) => line.gid);
  return [...new Set([account.gid, ...gids])].sort((a, b) => a - b);
}

function homeOf(passwd: readonly PasswdLine[], uid: number): string {
  return passwd.find((line) => line.uid === uid)?.home ?? "/";
}

function parsePasswd(bytes: Uint8Array | undefined): readonly PasswdLine[] {
  return fields(bytes).flatMap(([name, , uid, gid, , home]) => {
    const ids = [idOf(uid ?? ""), idOf(gid ?? "")] as const;
    if (!name || ids[0] === undefined || ids[1] === undefined) return [];
    return [{ name, uid: ids[0], gid: ids[1], home: home?.startsWith("/") ? home : "/" }];
  });
}

function parseGroup(bytes: Uint8Array | undefined): readonly GroupLine[] {
  return fields(bytes).flatMap(([name, , id, members]) => {
    const gid = idOf(id ?? "");
    if (!name || gid === undefined) return [];
    return [{ name, gid, members: (members ?? "").split(",").map((member) => member.trim()) }];
  });
}

function fields(bytes: Uint8Array | undefined): readonly (readonly string[])[] {
  if (!bytes || bytes.length > LIMITS.passwd) return [];
  const lines = Buffer.from(bytes).toString("utf8").split("\n");
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

function splitOnce(text: string): readonly string[] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text] : [text.slice(0, colon), text.slice(colon + 1)];
}
