import { createHash } from "node:crypto";
import type { Digest } from "../core/digest.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Acceptance } from "./policy.ts";
import { AUDIT_RULES, type RuleId } from "./rules.ts";
import { type Severity, worse } from "./severity.ts";

/** What brought something into an image. */
export interface Origin {
  /** Position of the layer, 0 is the lowest; undefined for what is in the configuration only. */
  readonly layer?: number;
  readonly diffId?: Digest;
  /** The instruction, as the history or the Dockerfile has it. */
  readonly instruction?: string;
  /** Its lines, where the Dockerfile is known. */
  readonly source?: SourceRange;
}

/** Something that an audit found. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  /** What it is about: a path, a variable, an image. With the rule it names the finding from one build to the next. */
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
  readonly origin: Origin;
  /** Machine-readable details: mode, owner, bytes. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** It was accepted once, and no longer is. */
  readonly lapsed?: Acceptance;
}

/** What a rule says; the rest comes from the table of rules. */
export interface Draft {
  readonly severity?: Severity;
  readonly subject: string;
  readonly message: string;
  readonly fix: string;
  readonly origin?: Origin;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export function finding(rule: RuleId, draft: Draft): Finding {
  return { rule, severity: AUDIT_RULES[rule].severity, origin: {}, facts: {}, ...draft };
}

/** The same finding has the same one in every build. */
export function fingerprint({ rule, subject }: Pick<Finding, "rule" | "subject">): string {
  return createHash("sha256").update(`${rule}\0${subject}`).digest("hex").slice(0, 32);
}

/** The worst first, then by rule and subject. */
export function inOrder<T extends Finding>(findings: readonly T[]): readonly T[] {
  const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return [...findings].sort(
    (a, b) => worse(a.severity, b.severity) || text(a.rule, b.rule) || text(a.subject, b.subject),
  );
}
