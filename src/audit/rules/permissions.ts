import { lsMode } from "../../core/file-mode.ts";
import type { Entry } from "../../core/file-tree.ts";
import { capabilityText, fileCapabilities } from "../../layer/file-capabilities.ts";
import { isSetgidFile, isSetuidFile, isWorldWritable } from "../../layer/special-mode.ts";
import type { Accounts } from "../accounts.ts";
import { type Draft, type Finding, finding, type Origin } from "../finding.ts";
import type { Severity } from "../severity.ts";
import { commandFix, shownPath } from "./path-text.ts";
import type { PowerfulPrograms } from "./powerful-programs.ts";

/** Capabilities from which there is a way to all of root's rights. */
const STRONG = new Set([
  ...[
    "cap_sys_admin",
    "cap_setuid",
    "cap_setgid",
    "cap_dac_override",
    "cap_dac_read_search",
    "cap_sys_ptrace",
  ],
  ...[
    "cap_sys_module",
    "cap_sys_rawio",
    "cap_chown",
    "cap_fowner",
    "cap_setfcap",
    "cap_mknod",
    "cap_bpf",
    "unknown",
  ],
]);

/** What is known of the image that an entry is in. */
export interface PermissionFacts {
  readonly accounts: Accounts;
  readonly powerful: PowerfulPrograms;
}

/** What is wrong with the mode and attributes of something that a container sees. */
export function permissionFindings(entry: Entry, origin: Origin, known: PermissionFacts): Finding[] {
  const found: Finding[] = [];
  const path = `/${entry.path}`;
  const owner = known.accounts.ownerOf(entry);
  const facts = {
    path,
    mode: entry.mode.toString(8).padStart(4, "0"),
    uid: entry.uid,
    gid: entry.gid,
    owner,
  };
  const add = (
    rule: Parameters<typeof finding>[0],
    draft: Omit<Draft, "subject" | "origin" | "facts">,
    more = {},
  ) => found.push(finding(rule, { subject: path, origin, facts: { ...facts, ...more }, ...draft }));
  const described = `${shownPath(path)} is ${lsMode(entry)} ${owner}`;
  if (isSetuidFile(entry)) {
    const draft = setuidDraft(entry, described, known.powerful);
    add("SetuidFile", draft.finding, draft.facts);
  }
  if (isSetgidFile(entry)) add("SetgidFile", { message: described, fix: commandFix("chmod g-s", path) });
  const capabilities = entry.type === "file" ? fileCapabilities(entry) : undefined;
  if (capabilities) {
    const text = capabilityText(capabilities);
    const severity = capabilities.permitted.some((name) => STRONG.has(name)) ? "high" : "medium";
    add(
      "FileCapabilities",
      { severity, message: `${shownPath(path)} has ${text}`, fix: commandFix("setcap -r", path) },
      { capabilities: text },
    );
  }
  if (isWorldWritable(entry)) {
    const severity = entry.type === "file" && (entry.mode & 0o111) !== 0 ? "high" : "medium";
    const fix = commandFix("chmod o-w", path) + (entry.type === "dir" ? " (or +t, as /tmp has it)" : "");
    add("WorldWritable", { severity, message: described, fix });
  }
  return found;
}

/** What does as it is told, or what others may write, is a root shell, whatever it is called. */
function setuidDraft(entry: Entry, described: string, powerful: PowerfulPrograms) {
  const path = `/${entry.path}`;
  const knownAs = powerful.knownAs(entry);
  const isCopy = knownAs !== undefined && knownAs !== path;
  const isOpen = (entry.mode & 0o022) !== 0;
  const severity: Severity = isOpen || knownAs !== undefined ? "critical" : "medium";
  const message = isCopy ? `${described}, and has the bytes of ${shownPath(knownAs)}` : described;
  return {
    finding: { severity, message, fix: commandFix("chmod u-s", path) },
    facts: isCopy ? { sameBytesAs: knownAs } : {},
  };
}
