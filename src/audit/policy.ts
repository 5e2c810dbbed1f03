import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import { suggest } from "../core/suggest.ts";
import { type Decode, integer, listOf, mapping, text } from "../yaml/decode.ts";
import { MarkedDocument, type MarkedValue } from "../yaml/marked-value.ts";
import { LONGEST_REASON, LONGEST_SUBJECT, NEVER, POLICY_VERSION } from "./policy-schema.ts";
import { AUDIT_RULES, isRuleId, type RuleId } from "./rules.ts";

/** Bytes: some thousand entries. */
export const LARGEST_POLICY = 1024 * 1024;

/** Findings that somebody accepts, why, and for how long. */
export interface Acceptance {
  readonly rule: RuleId;
  /** A pattern (`matchesGlob`) of subjects or paths. */
  readonly subject: string;
  readonly reason: string;
  /** The last day, YYYY-MM-DD in UTC; undefined: for good. */
  readonly until: string | undefined;
  readonly source: SourceRange;
}

/** What `.slipway-audit.yaml` says. */
export interface Policy {
  readonly file: string;
  readonly accept: readonly Acceptance[];
}

/** Reads a policy, YAML or JSON; `file` is its name in messages. Throws `POLICY_INVALID` with every mistake and its place. */
export function parsePolicy(written: string, file: string): Policy {
  if (Buffer.byteLength(written) > LARGEST_POLICY)
    throw new SlipwayError("POLICY_INVALID", `${file} is larger than ${LARGEST_POLICY / 1024} KiB`, {
      hint: HINT,
      source: { file, start: 1, end: 1 },
    });
  const document = new MarkedDocument(file, written.replace(/^\uFEFF/, ""), {
    code: "POLICY_INVALID",
    hint: HINT,
  });
  const { root } = document;
  const decoded = mapping({ version, accept: listOf(acceptanceIn(file)) }, ["version", "accept"])(root);
  document.check();
  return { file, accept: decoded!.accept };
}

const HINT = "docs/audit.md says what a policy is made of";

const version: Decode<number> = (value) => {
  const read = integer(value);
  return read === undefined || read === POLICY_VERSION
    ? read
    : value.mistake(`this slipway reads version ${POLICY_VERSION}`);
};

/** An entry; one that says the same of the same as another is a mistake, for nobody would know which holds. */
function acceptanceIn(file: string): Decode<Acceptance> {
  const seen = new Map<string, number>();
  return (value) => {
    const entry = mapping(
      { id, subject: shortText(LONGEST_SUBJECT), reason: shortText(LONGEST_REASON), expires },
      ["id", "subject", "reason", "expires"],
    )(value);
    if (!entry?.id || !entry.subject) return undefined;
    const key = `${entry.id} ${entry.subject}`;
    const first = seen.get(key);
    if (first !== undefined) return value.mistake(`line ${first} is about ${key}, too`);
    seen.set(key, value.line);
    const { id: rule, subject, reason, expires: until } = entry;
    return {
      rule,
      subject,
      reason,
      until: until === NEVER ? undefined : until,
      source: { file, start: value.line, end: value.line },
    };
  };
}

const id: Decode<RuleId> = (value) => {
  const read = text(value);
  if (read === undefined || isRuleId(read)) return read;
  const near = suggest(read, Object.keys(AUDIT_RULES));
  return value.mistake(
    `there is no rule ${JSON.stringify(read)}${near === undefined ? "" : `: did you mean ${near}?`}`,
  );
};

function shortText(longest: number): Decode<string> {
  return (value: MarkedValue) => {
    const read = text(value)?.trim();
    if (read === "") return value.mistake("this must not be empty");
    return read !== undefined && read.length > longest
      ? value.mistake(`this is longer than ${longest} characters`)
      : read;
  };
}

const expires: Decode<string> = (value) => {
  const read = text(value);
  return read === undefined || read === NEVER || isDay(read)
    ? read
    : value.mistake(`a day like 2027-01-31 is expected here, or ${NEVER}`);
};

function isDay(written: string): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(written) ? Date.parse(`${written}T00:00:00Z`) : Number.NaN;
  // 2027-02-30 would be the second of March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(written);
}
