import { type Finding, finding, type Origin } from "../finding.ts";
import { RELEASES } from "../releases.ts";

/** ID and VERSION_ID of os-release(5). */
export interface Distribution {
  readonly id: string;
  readonly version: string;
  readonly name: string;
}

export function parseOsRelease(text: string): Distribution | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value = ""] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key) fields.set(key, value.replace(/^(["'])(.*)\1$/, "$2"));
  }
  const [id, version] = [fields.get("ID"), fields.get("VERSION_ID")];
  return id && version ? { id, version, name: fields.get("PRETTY_NAME") ?? `${id} ${version}` } : undefined;
}

/** A distribution without security updates. One that is not in the table is not spoken of. */
export function endOfLifeFinding(
  distribution: Distribution,
  now: number,
  origin: Origin,
): Finding | undefined {
  const { id, name } = distribution;
  const release = RELEASES[id]?.releases[versionKey(distribution)];
  if (!release) return undefined;
  const [ends, longTerm] = release;
  const isOver = (date: string) => now >= Date.parse(`${date}T00:00:00Z`) + 86_400_000;
  if (!isOver(ends)) return undefined;
  const inLongTerm = longTerm !== undefined && !isOver(longTerm);
  const end = inLongTerm || longTerm === undefined ? ends : longTerm;
  return finding("EndOfLifeBase", {
    severity: inLongTerm ? "info" : "high",
    subject: `${id} ${versionKey(distribution)}`,
    message: inLongTerm
      ? `regular security support of ${name} ended on ${ends}; volunteers go on until ${longTerm}`
      : `${name} gets no security updates since ${end}`,
    fix: "use a newer release of the base",
    origin,
    facts: { distribution: id, version: distribution.version, ended: end, source: RELEASES[id]!.source },
  });
}

/** Alpine counts point releases, of which the first two numbers are supported together; others count their major version. */
function versionKey({ id, version }: Distribution): string {
  const parts = version.split(".");
  return id === "alpine" || id === "ubuntu" ? parts.slice(0, 2).join(".") : parts[0]!;
}
