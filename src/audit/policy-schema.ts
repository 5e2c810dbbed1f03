import { AUDIT_RULES } from "./rules.ts";

export const POLICY_VERSION = 1;
/** What is accepted for good. */
export const NEVER = "never";
/** Characters; what a table can show. */
export const LONGEST_REASON = 1000;
export const LONGEST_SUBJECT = 4096;

/** The form of `.slipway-audit.yaml`, for editors. Published as `docs/audit-policy.schema.json`; a test holds it against what `parsePolicy` takes. */
export const POLICY_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Findings of slipway audit that are accepted",
  type: "object",
  required: ["version", "accept"],
  additionalProperties: false,
  properties: {
    version: { description: "Version of this form.", type: "integer", const: POLICY_VERSION },
    accept: {
      description: "What is accepted. Each entry holds for every finding that it fits.",
      type: "array",
      items: {
        type: "object",
        required: ["id", "subject", "reason", "expires"],
        additionalProperties: false,
        properties: {
          id: { description: "The rule.", enum: Object.keys(AUDIT_RULES) },
          subject: {
            description:
              "What the finding is about, or its path: as the report has it, or a pattern (* any characters but /, ** any at all, ? one). ** is all of them.",
            type: "string",
            pattern: "\\S",
            maxLength: LONGEST_SUBJECT,
          },
          reason: {
            description: "Why this is acceptable.",
            type: "string",
            pattern: "\\S",
            maxLength: LONGEST_REASON,
          },
          expires: {
            description: "The last day (UTC) on which it is accepted, or never.",
            type: "string",
            pattern: "^(\\d{4}-\\d{2}-\\d{2}|never)$",
          },
        },
      },
    },
  },
};
