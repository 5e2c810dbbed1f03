import { accountId, shownValue } from "./check-process.ts";
import type { FoundFile } from "./container-files.ts";
import type { Access, Contract, FileRule, VolumeRule } from "./contract.ts";
import { type Finding, failed, unchecked } from "./finding.ts";
import { permits } from "./permission.ts";
import { fileRemedy, fileStateRemedy, volumeRemedy, volumeStateRemedy } from "./remedies.ts";
import type { Surroundings } from "./surroundings.ts";
import { expandTemplate, hasVariables } from "./template.ts";

type Found = Extract<FoundFile, { kind: "found" }>;

/** Conditions about files, secrets and volumes. */
export function checkFiles(contract: Contract, surroundings: Surroundings): readonly Finding[] {
  return [
    ...contract.files.flatMap((rule) => checkFile(rule, surroundings)),
    ...contract.volumes.flatMap((rule) => checkVolume(rule, surroundings)),
  ];
}

function checkFile(rule: FileRule, surroundings: Surroundings): Finding[] {
  const path = expandTemplate(rule.path, surroundings.variables);
  const name = `the ${rule.secret ? "secret" : "file"} ${hasVariables(rule.path) ? shownValue(path) : path}`;
  const found = path.startsWith("/")
    ? surroundings.files.find(path)
    : ({ kind: "missing", isLink: false } as const);
  switch (found.kind) {
    case "unknown":
      return [unchecked(name, found.why)];
    case "missing":
      // A link that leads nowhere is there all the same.
      if (found.isLink && rule.type !== "link")
        return [failed(`${name} is a symbolic link that leads nowhere`, fileStateRemedy(rule))];
      return rule.required || found.isLink
        ? [failed(`${name} is not there, or cannot be reached`, fileRemedy(rule))]
        : [];
    case "found":
      return checkFound(rule, name, found, surroundings);
    default:
      return found satisfies never;
  }
}

function checkFound(rule: FileRule, name: string, found: Found, surroundings: Surroundings): Finding[] {
  const { user, overridesModes } = surroundings;
  const wrong = (message: string) => failed(`${name} ${message}`, fileStateRemedy(rule));
  if (!found.ways.every((way) => permits(way, user, "execute", overridesModes)))
    return [failed(`${name} is not there, or cannot be reached`, fileStateRemedy(rule))];
  return [
    ...typeMistakes(rule, found).map(wrong),
    ...rule.access
      .filter((access) => !isAllowed(found, access, surroundings))
      .map((access) => wrong(CANNOT[access])),
    ...(rule.nonEmpty && found.facts.type === "file" && found.facts.size === 0 ? [wrong("is empty")] : []),
    ...ownerMistakes(rule, found, surroundings).map(wrong),
  ];
}

const CANNOT: Readonly<Record<Access, string>> = {
  read: "cannot be read",
  write: "cannot be written",
  execute: "cannot be executed",
};

function isAllowed({ facts, mount }: Found, access: Access, surroundings: Surroundings): boolean {
  const isReadOnly = mount ? mount.readOnly : surroundings.readOnlyRoot;
  if (access === "write" && isReadOnly) return false;
  return permits(facts, surroundings.user, access, surroundings.overridesModes);
}

function typeMistakes({ type }: FileRule, { facts, isLink }: Found): string[] {
  switch (type) {
    case "any":
      return [];
    case "file":
      return facts.type === "file" ? [] : ["is no regular file"];
    case "dir":
      return facts.type === "dir" ? [] : ["is no directory"];
    case "socket":
      return facts.type === "socket" ? [] : ["is no socket"];
    case "link":
      return isLink ? [] : ["is no symbolic link that leads to something"];
    default:
      return type satisfies never;
  }
}

function ownerMistakes(rule: FileRule, { facts }: Found, { passwd, group }: Surroundings): string[] {
  const has = octal(facts.mode);
  return [
    ...(rule.mode !== undefined && facts.mode !== rule.mode
      ? [`has the mode ${has}, and must have ${octal(rule.mode)}`]
      : []),
    ...(rule.maxMode !== undefined && (facts.mode & ~rule.maxMode) !== 0
      ? [`has the mode ${has}, and may have ${octal(rule.maxMode)} at most`]
      : []),
    ...(rule.owner === undefined ? [] : accountMistakes("user", rule.owner, facts.uid, passwd)),
    ...(rule.group === undefined ? [] : accountMistakes("group", rule.group, facts.gid, group)),
  ];
}

function accountMistakes(kind: "user" | "group", name: string, is: number, table: string): string[] {
  const id = accountId(table, name);
  if (id === undefined) return [`must belong to the ${kind} ${name}, and nobody is called so`];
  return id === is ? [] : [`belongs to the ${kind} ${is}, and must belong to ${name}`];
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

function checkVolume(rule: VolumeRule, surroundings: Surroundings): Finding[] {
  const mount = surroundings.files.mountAt(rule.path);
  if (!mount) return [failed(`nothing is mounted at ${rule.path}`, volumeRemedy(rule))];
  if (rule.access === "ro")
    return mount.readOnly
      ? []
      : [failed(`the volume ${rule.path} is writable, and must be read-only`, volumeStateRemedy(rule))];
  return rule.access === "rw" ? checkWritable(rule, surroundings) : [];
}

function checkWritable(rule: VolumeRule, surroundings: Surroundings): Finding[] {
  const found = surroundings.files.find(rule.path);
  if (found.kind === "unknown") return [unchecked(`writing to the volume ${rule.path}`, found.why)];
  if (found.kind === "found" && isAllowed(found, "write", surroundings)) return [];
  return [failed(`the volume ${rule.path} cannot be written`, volumeStateRemedy(rule))];
}
