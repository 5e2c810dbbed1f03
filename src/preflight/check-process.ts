import { looksSecret } from "../core/secret-name.ts";
import { automatonOf, matches } from "./automaton.ts";
import type { Contract, VariableRule } from "./contract.ts";
import { type Finding, failed } from "./finding.ts";
import { readableSize } from "./quantities.ts";
import { REMEDIES, variableRemedy } from "./remedies.ts";
import type { Surroundings } from "./surroundings.ts";

/** Conditions about variables, the user, the root filesystem, memory and processors. */
export function checkProcess(contract: Contract, surroundings: Surroundings): readonly Finding[] {
  return [
    ...checkUser(contract, surroundings),
    ...contract.env.flatMap((rule) => checkVariable(rule, surroundings.variables.get(rule.name))),
    ...checkRoot(contract, surroundings),
    ...checkFloors(contract, surroundings),
  ];
}

function checkVariable(rule: VariableRule, value: string | undefined): Finding[] {
  const { name, pattern, oneOf } = rule;
  const wrong = (message: string) => [failed(message, variableRemedy(rule))];
  if (value === undefined) return rule.required ? wrong(`${name} is not set`) : [];
  if (value === "") return rule.allowEmpty ? [] : wrong(`${name} is empty`);
  const isSecret = rule.secret || looksSecret(name);
  if (pattern !== undefined && !matches(automatonOf(pattern), value))
    return wrong(
      isSecret
        ? `${name} has a value that does not match ${pattern}`
        : `${name} is ${shownValue(value)}, which does not match ${pattern}`,
    );
  if (oneOf && !oneOf.includes(value))
    return wrong(
      isSecret
        ? `${name} has a value that is not possible`
        : `${name} is ${shownValue(value)}, which is not possible`,
    );
  return [];
}

/** A value where it can be shown: no control characters, nothing long. */
export function shownValue(value: string): string {
  if (/[^ -~]/.test(value)) return "(not printable)";
  return value.length > 60 ? `(${value.length} characters)` : `"${value}"`;
}

function checkUser({ user: rule }: Contract, { user, passwd }: Surroundings): Finding[] {
  if (!rule) return [];
  const { is, isNot, hint = REMEDIES.user } = rule;
  const runsAs = (name: string) => accountId(passwd, name) === user.uid;
  const called = `it runs as the user ${user.uid}, and must`;
  return [
    ...(is.length > 0 && !is.some(runsAs) ? [failed(`${called} run as ${is.join(" or ")}`, hint)] : []),
    ...isNot.filter(runsAs).map((name) => failed(`${called} not run as ${name}`, hint)),
  ];
}

/** The number of a user or group by the lines of /etc/passwd or /etc/group; undefined where nobody is called so. */
export function accountId(table: string, name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const line = table.split("\n").find((text) => text.split(":", 1)[0] === name);
  const id = line?.split(":")[2];
  return id !== undefined && /^\d+$/.test(id) ? Number(id) : name === "root" ? 0 : undefined;
}

function checkRoot({ root }: Contract, { readOnlyRoot }: Surroundings): Finding[] {
  if (!root || root.readOnly === readOnlyRoot) return [];
  return root.readOnly
    ? [failed("the root filesystem is writable, and must be read-only", root.hint ?? REMEDIES.readOnlyRoot)]
    : [failed("the root filesystem is read-only, and must be writable", root.hint ?? REMEDIES.writableRoot)];
}

function checkFloors({ memory, cpus }: Contract, surroundings: Surroundings): Finding[] {
  return [
    ...(memory && surroundings.memory < memory.least
      ? [
          failed(
            `there is less memory than ${memory.text}: ${readableSize(surroundings.memory)}`,
            memory.hint ?? REMEDIES.memory,
          ),
        ]
      : []),
    ...(cpus && surroundings.cpus < cpus.least
      ? [
          failed(
            `there are fewer processors than ${cpus.text}: ${surroundings.cpus / 1000}`,
            cpus.hint ?? REMEDIES.cpus,
          ),
        ]
      : []),
  ];
}
