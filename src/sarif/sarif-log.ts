/** How bad a result is, in SARIF's words. */
export type SarifLevel = "error" | "warning" | "note";

/** A rule that has results. */
export interface SarifRule {
  readonly id: string;
  /** A few words. */
  readonly title: string;
  readonly description: string;
  readonly level: SarifLevel;
  /** What to do about its results. */
  readonly help?: string;
  /** An absolute URL. */
  readonly helpUri?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export interface SarifResult {
  readonly rule: string;
  readonly level: SarifLevel;
  readonly message: string;
  /** A path relative to where the tool was started, or inside of an image. */
  readonly path: string;
  /** Lines from 1. */
  readonly lines?: { readonly start: number; readonly end: number };
  /** What a result is about that has no place in a file of the working copy. */
  readonly about?: string;
  /** The same for the same result of another run; by the name of the way in which it is made. */
  readonly fingerprints: Readonly<Record<string, string>>;
  /** Why it does not count. Where some results have it, all have to, be it empty (§3.27.23). */
  readonly suppressions?: readonly SarifSuppression[];
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** An acceptance of a result, and the line of the file that says so. */
export interface SarifSuppression {
  readonly reason: string;
  readonly path: string;
  readonly line: number;
}

/** What a run came to. `rules` holds at least those that `results` name. */
export interface SarifRun {
  readonly version: string;
  readonly rules: readonly SarifRule[];
  readonly results: readonly SarifResult[];
  /** What there is to say besides results. */
  readonly notes?: readonly string[];
}

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

/** A log with one run (SARIF 2.1.0, OASIS Standard). The text ends with a line feed. */
export function sarifLog({ version, rules, results, notes = [] }: SarifRun): string {
  const indexes = new Map(rules.map(({ id }, index) => [id, index]));
  const run = {
    tool: { driver: { name: "slipway", version, rules: rules.map(reportingDescriptor) } },
    invocations: [
      {
        executionSuccessful: true,
        ...(notes.length > 0 ? { toolExecutionNotifications: notes.map(notification) } : {}),
      },
    ],
    results: results.map((one) => resultObject(one, indexes.get(one.rule))),
  };
  return `${JSON.stringify({ $schema: SCHEMA, version: "2.1.0", runs: [run] }, null, 2)}\n`;
}

function notification(text: string) {
  return { level: "warning", message: { text } };
}

function suppression({ reason, path, line }: SarifSuppression) {
  const physicalLocation = { artifactLocation: { uri: relativeUri(path) }, region: { startLine: line } };
  return { kind: "external", status: "accepted", justification: reason, location: { physicalLocation } };
}

function reportingDescriptor({ id, title, description, level, help, helpUri, properties }: SarifRule) {
  return {
    id,
    name: id,
    shortDescription: { text: title },
    fullDescription: { text: description },
    ...(help === undefined ? {} : { help: { text: help } }),
    ...(helpUri === undefined ? {} : { helpUri }),
    defaultConfiguration: { level },
    ...(properties ? { properties } : {}),
  };
}

function resultObject(result: SarifResult, ruleIndex: number | undefined) {
  const { rule, level, message, path, lines, about, fingerprints, suppressions, properties } = result;
  const region = lines ? { region: { startLine: lines.start, endLine: lines.end } } : {};
  return {
    ruleId: rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level,
    message: { text: message },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: relativeUri(path) }, ...region },
        ...(about === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: about }] }),
      },
    ],
    partialFingerprints: fingerprints,
    ...(suppressions ? { suppressions: suppressions.map(suppression) } : {}),
    ...(properties ? { properties } : {}),
  };
}

/** A relative reference (RFC 3986 §4.2): its first part must not look like a scheme. */
function relativeUri(path: string): string {
  const uri = encodeURI(path.toWellFormed()).replaceAll("?", "%3F").replaceAll("#", "%23");
  return /^[^/]*:/.test(uri) ? `./${uri}` : uri;
}
