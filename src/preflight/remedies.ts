import type { FileRule, VariableRule, VolumeRule } from "./contract.ts";
import { writtenText } from "./template.ts";

/** What to do where a condition does not hold and its author has not said it; the same in entry scripts and from outside. */

export function variableRemedy(rule: VariableRule): string {
  if (rule.hint) return rule.hint;
  if (rule.oneOf) return `set it to one of ${rule.oneOf.map((value) => JSON.stringify(value)).join(", ")}`;
  return `set it, for example with -e ${rule.name}=VALUE`;
}

export function fileRemedy(rule: FileRule): string {
  return (
    rule.hint ?? `mount it, for example with -v SOURCE:${writtenText(rule.path)}${rule.secret ? ":ro" : ""}`
  );
}

export function fileStateRemedy(rule: FileRule): string {
  return rule.hint ?? "mend what is mounted there, or the image";
}

export function volumeRemedy({ hint, path, access }: VolumeRule): string {
  return hint ?? `mount something, for example with -v SOURCE:${path}${access === "ro" ? ":ro" : ""}`;
}

export function volumeStateRemedy({ hint, path, access }: VolumeRule): string {
  if (hint) return hint;
  return access === "ro"
    ? `mount it with -v SOURCE:${path}:ro`
    : `mount it without "ro", and give it to the container's user`;
}

export const REMEDIES = {
  link: "start that container first, in the same network",
  host: "correct the name, or give it with --add-host NAME:ADDRESS",
  endpoint: "start what listens there, and check address, network and firewall",
  port: "end what listens there, or give the container a network of its own",
  user: "start it with --user NAME",
  readOnlyRoot: "start it with --read-only",
  writableRoot: "start it without --read-only",
  memory: "give it more with --memory, or use a larger machine",
  cpus: "give it more with --cpus, or use a larger machine",
} as const;
