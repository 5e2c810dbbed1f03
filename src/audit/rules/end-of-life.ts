import { type Finding, finding, type Origin } from "../finding.ts";
import { RELEASES } from "../releases.ts";

/** What os-release(5) says of a distribution. */
export interface Distribution {
  /** ID; `centos-stream` for what calls itself so, which has other dates than the CentOS of the same version. */
  readonly id: string;
  readonly version: string;
  readonly name: string;
  /** SUPPORT_END, YYYY-MM-DD. */
  readonly supportEnd?: string;
}

export function parseOsRelease(text: string): Distribution | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value = ""] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    if (key) fields.set(key, value.replace(/^(["'])(.*)\1$/, "$2"));
  }
  const [id, version, end = ""] = [fields.get("ID"), fields.get("VERSION_ID"), fields.get("SUPPORT_END")];
  if (!id || !version) return undefined;
  return {
    id: id === "centos" && fields.get("NAME")?.includes("Stream") ? "centos-stream" : id,
    version,
    name: fields.get("PRETTY_NAME") ?? `${id} ${version}`,
    ...(/^\d{4}-\d\d-\d\d$/.test(end) ? { supportEnd: end } : {}),
  };
}

/** A distribution without security updates. One that is not in the table, and does not say when its support ends, is not spoken of. */
export function endOfLifeFinding(
  distribution: Distribution,
  now: number,
  origin: Origin,
): Finding | undefined {
  const { id, name } = distribution;
  const known = supportOf(distribution);
  if (!known) return undefined;
  const { ends, longTerm, source } = known;
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
    facts: { distribution: id, version: distribution.version, ended: end, source },
  });
}

/** Dates were moved after images were made: the table knows better than SUPPORT_END. */
function supportOf(distribution: Distribution) {
  const known = RELEASES[distribution.id];
  const release = known?.releases[versionKey(distribution)];
  if (known && release) return { ends: release[0], longTerm: release[1], source: known.source };
  const { supportEnd } = distribution;
  return supportEnd === undefined
    ? undefined
    : { ends: supportEnd, longTerm: undefined, source: "SUPPORT_END of the image's os-release" };
}

/** Alpine counts point releases, of which the first two numbers are supported together; others count their major version. */
function versionKey({ id, version }: Distribution): string {
  const parts = version.split(".");
  return id === "alpine" || id === "ubuntu" ? parts.slice(0, 2).join(".") : parts[0]!;
}
