import { looksSecret } from "../../core/secret-name.ts";
import type { Contract, FileRule, VariableRule } from "../contract.ts";
import {
  fileRemedy,
  fileStateRemedy,
  REMEDIES,
  variableRemedy,
  volumeRemedy,
  volumeStateRemedy,
} from "../remedies.ts";
import { hasVariables, type Template, writtenHint, writtenText } from "../template.ts";
import { patternFunction } from "./pattern-function.ts";
import { quoted, quotedTemplate } from "./quote.ts";

/** Lines of shell: the conditions, and functions that they need beside those that every script may have. */
export interface ShellConditions {
  readonly lines: readonly string[];
  readonly functions: readonly string[];
}

/** A contract's conditions as calls of shell functions, in the order in which a failure is best understood. Pure. */
export function shellConditions(contract: Contract): ShellConditions {
  const functions: string[] = [];
  const nameOfPattern = (pattern: string): string => {
    const name = `pf_pattern_${functions.length + 1}`;
    functions.push(patternFunction(name, pattern));
    return name;
  };
  const lines = [
    ...userLines(contract),
    ...contract.env.flatMap((rule) => variableLines(rule, nameOfPattern)),
    ...contract.files.flatMap(fileLines),
    ...contract.volumes.map((rule) =>
      call("pf_volume", rule.path, rule.access, volumeRemedy(rule), volumeStateRemedy(rule)),
    ),
    ...(contract.root
      ? [
          call(
            "pf_root",
            contract.root.readOnly ? "ro" : "rw",
            contract.root.hint ?? (contract.root.readOnly ? REMEDIES.readOnlyRoot : REMEDIES.writableRoot),
          ),
        ]
      : []),
    ...floorLines(contract),
    ...contract.ports.map(
      ({ port, protocol, hint = REMEDIES.port }) =>
        `pf_port ${quotedTemplate(port)} ${protocol} ${quoted(hint)}${written(port)}`,
    ),
    ...contract.hosts.map(
      ({ name, isLink, hint = isLink ? REMEDIES.link : REMEDIES.host }) =>
        `pf_host ${quotedTemplate(name)} ${quoted(hint)}${written(name)}`,
    ),
    ...contract.tcp.map(
      ({ host, port, within, hint = REMEDIES.endpoint }) =>
        `pf_tcp ${quotedTemplate(host)} ${quotedTemplate(port)} ${within} ${quoted(hint)}${written(host, port)}`,
    ),
  ];
  return { lines, functions };
}

function call(name: string, ...words: readonly string[]): string {
  return [name, ...words.map(quoted)].join(" ");
}

function userLines({ user }: Contract): string[] {
  if (!user) return [];
  const { is, isNot, hint = REMEDIES.user } = user;
  const fail = (text: string) =>
    `pf_fail "it runs as the user $pf_uid, and must "${quoted(text)} ${quoted(hint)}`;
  return [
    "pf_read_user",
    'if [ -z "$pf_uid" ]; then',
    "  pf_unchecked 'the user' 'neither /proc nor id is there'",
    "else",
    ...(is.length > 0
      ? [`  pf_is_user ${is.map(quoted).join(" ")} || ${fail(`run as ${is.join(" or ")}`)}`]
      : []),
    ...isNot.map((name) => `  ! pf_is_user ${quoted(name)} || ${fail(`not run as ${name}`)}`),
    "fi",
  ];
}

function variableLines(rule: VariableRule, nameOfPattern: (pattern: string) => string): string[] {
  const { name } = rule;
  const remedy = quoted(variableRemedy(rule));
  const branches: [condition: string, failure: string][] = [];
  if (rule.required) branches.push([`[ -z "\${${name}+x}" ]`, quoted(`${name} is not set`)]);
  const isSecret = rule.secret || looksSecret(name);
  const is = isSecret ? quoted(`${name} has a value`) : `"${name} is $(pf_shown "$${name}")"`;
  if (!rule.allowEmpty) branches.push([`[ -z "$${name}" ]`, quoted(`${name} is empty`)]);
  const mayBeEmpty = rule.allowEmpty ? `[ -n "$${name}" ] && ` : "";
  if (rule.pattern !== undefined)
    branches.push([
      `${mayBeEmpty}! ${nameOfPattern(rule.pattern)} "$${name}"`,
      `${is}${quoted(isSecret ? ` that does not match ${rule.pattern}` : `, which does not match ${rule.pattern}`)}`,
    ]);
  if (rule.oneOf)
    branches.push([
      `${mayBeEmpty}case $${name} in ${rule.oneOf.map(quoted).join(" | ")}) false ;; esac`,
      `${is}${quoted(isSecret ? " that is not possible" : ", which is not possible")}`,
    ]);
  if (branches.length === 0) return [];
  const chain = branches.flatMap(([condition, failure], i) => [
    `${i === 0 ? "if" : "elif"} ${condition}; then`,
    `  pf_fail ${failure} ${remedy}`,
  ]);
  return rule.required ? [...chain, "fi"] : optionalLines(name, [...chain, "fi"]);
}

function optionalLines(name: string, lines: readonly string[]): string[] {
  return [`if [ -n "\${${name}+x}" ]; then`, ...lines.map((line) => `  ${line}`), "fi"];
}

function fileLines(rule: FileRule): string[] {
  const called = `the ${rule.secret ? "secret" : "file"} `;
  const name = hasVariables(rule.path)
    ? `"${called}$(pf_shown "$pf_path")"`
    : quoted(`${called}${writtenText(rule.path)}`);
  const state = quoted(fileStateRemedy(rule));
  const checks = [
    ...(rule.type === "any" ? [] : [`pf_type ${name} "$pf_path" ${rule.type} ${state}`]),
    ...rule.access.map((access) => `pf_access ${name} "$pf_path" ${access} ${state}`),
    ...(rule.nonEmpty ? [`pf_filled ${name} "$pf_path" ${state}`] : []),
    ...ownerLines(rule, name, state),
  ];
  const there = rule.required
    ? `pf_there ${name} "$pf_path" ${quoted(fileRemedy(rule))}`
    : `[ -e "$pf_path" ] || [ -L "$pf_path" ]`;
  const path = `pf_path=${quotedTemplate(rule.path)}`;
  if (checks.length === 0) return rule.required ? [path, `${there} || :`] : [];
  return [path, `if ${there}; then`, ...checks.map((line) => `  ${line}`), "fi"];
}

function ownerLines({ mode, maxMode, owner, group }: FileRule, name: string, state: string): string[] {
  const octal = (bits: number) => bits.toString(8).padStart(4, "0");
  const checks = [
    ...(mode === undefined ? [] : [`pf_mode ${name} is ${octal(mode)} ${state}`]),
    ...(maxMode === undefined ? [] : [`pf_mode ${name} most ${octal(maxMode)} ${state}`]),
    ...(owner === undefined ? [] : [`pf_belongs ${name} user ${quoted(owner)} ${state}`]),
    ...(group === undefined ? [] : [`pf_belongs ${name} group ${quoted(group)} ${state}`]),
  ];
  if (checks.length === 0) return [];
  return [`if pf_stat ${name} "$pf_path"; then`, ...checks.map((line) => `  ${line}`), "fi"];
}

function floorLines({ memory, cpus }: Contract): string[] {
  return [
    ...(memory ? [call("pf_memory", String(memory.least), memory.text, memory.hint ?? REMEDIES.memory)] : []),
    ...(cpus ? [call("pf_cpus", String(cpus.least), cpus.text, cpus.hint ?? REMEDIES.cpus)] : []),
  ];
}

/** A further word for what has variables. */
function written(...templates: readonly Template[]): string {
  const text = writtenHint(...templates);
  return text && ` ${quoted(text)}`;
}
