import { lsMode } from "../../core/file-mode.ts";
import type { Entry } from "../../core/file-tree.ts";
import { programName, SHELLS } from "../../image/known-programs.ts";
import { capabilityText, fileCapabilities } from "../../layer/file-capabilities.ts";
import { isSetgidFile, isSetuidFile, isWorldWritable } from "../../layer/special-mode.ts";
import type { Accounts } from "../accounts.ts";
import { type Draft, type Finding, finding, type Origin } from "../finding.ts";

/** Programs that do whatever they are told: with their owner's rights they are a root shell. */
const INTERPRETERS =
  /^(?:python|perl|ruby|node|lua|awk|gawk|mawk|find|vim?|nano|less|more|env|cp|mv|dd|tar|tee|nmap|gdb|php)[\d.]*$/;
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

/** What is wrong with the mode and attributes of something that a container sees. */
export function permissionFindings(entry: Entry, origin: Origin, accounts: Accounts): Finding[] {
  const found: Finding[] = [];
  const path = `/${entry.path}`;
  const owner = accounts.ownerOf(entry);
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
  const described = `${path} is ${lsMode(entry)} ${owner}`;
  if (isSetuidFile(entry)) {
    const isOpen = (entry.mode & 0o022) !== 0;
    const name = programName(path);
    const severity = isOpen || SHELLS.has(name) || INTERPRETERS.test(name) ? "critical" : "medium";
    add("SetuidFile", { severity, message: described, fix: `RUN chmod u-s ${path}` });
  }
  if (isSetgidFile(entry)) add("SetgidFile", { message: described, fix: `RUN chmod g-s ${path}` });
  const capabilities = entry.type === "file" ? fileCapabilities(entry) : undefined;
  if (capabilities) {
    const text = capabilityText(capabilities);
    const severity = capabilities.permitted.some((name) => STRONG.has(name)) ? "high" : "medium";
    add(
      "FileCapabilities",
      { severity, message: `${path} has ${text}`, fix: `RUN setcap -r ${path}` },
      { capabilities: text },
    );
  }
  if (isWorldWritable(entry)) {
    const severity = entry.type === "file" && (entry.mode & 0o111) !== 0 ? "high" : "medium";
    const fix =
      entry.type === "dir" ? `RUN chmod o-w ${path} (or +t, as /tmp has it)` : `RUN chmod o-w ${path}`;
    add("WorldWritable", { severity, message: described, fix });
  }
  return found;
}
