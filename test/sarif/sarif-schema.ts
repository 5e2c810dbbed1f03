import type { JsonSchema } from "../support/json-schema.ts";

const object = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): JsonSchema => ({ type: "object", additionalProperties: false, properties, required });
const list = (items: JsonSchema, more: JsonSchema = {}): JsonSchema => ({ type: "array", items, ...more });
const ref = (name: string): JsonSchema => ({ $ref: `#/definitions/${name}` });

const TEXT: JsonSchema = { type: "string" };
const URI: JsonSchema = { type: "string", format: "uri" };
const REFERENCE: JsonSchema = { type: "string", format: "uri-reference" };
const BAG: JsonSchema = { type: "object" };
const LEVEL: JsonSchema = { enum: ["none", "note", "warning", "error"] };
const LINE: JsonSchema = { type: "integer", minimum: 1 };

/**
 * What SARIF 2.1.0 (OASIS Standard, sarif-schema-2.1.0.json) says of the members that our logs have; others of the standard are left out, so that a member
 * which nobody has compared with the standard is refused.
 */
export const SARIF_SCHEMA: JsonSchema = {
  ...object({ $schema: URI, version: { enum: ["2.1.0"] }, runs: list(ref("run")) }, ["version", "runs"]),
  definitions: {
    run: object(
      {
        tool: object({ driver: ref("toolComponent") }, ["driver"]),
        invocations: list(ref("invocation"), { uniqueItems: true }),
        results: list(ref("result")),
      },
      ["tool"],
    ),
    toolComponent: object(
      {
        name: TEXT,
        version: TEXT,
        informationUri: URI,
        rules: list(ref("reportingDescriptor"), { uniqueItems: true }),
      },
      ["name"],
    ),
    reportingDescriptor: object(
      {
        id: TEXT,
        name: TEXT,
        shortDescription: ref("multiformatMessageString"),
        fullDescription: ref("multiformatMessageString"),
        help: ref("multiformatMessageString"),
        helpUri: URI,
        defaultConfiguration: object({ level: LEVEL }),
        properties: BAG,
      },
      ["id"],
    ),
    multiformatMessageString: object({ text: TEXT }, ["text"]),
    invocation: object(
      { executionSuccessful: { type: "boolean" }, toolExecutionNotifications: list(ref("notification")) },
      ["executionSuccessful"],
    ),
    notification: object({ level: LEVEL, message: ref("message") }, ["message"]),
    message: object({ text: TEXT }, ["text"]),
    result: object(
      {
        ruleId: TEXT,
        ruleIndex: { type: "integer", minimum: -1 },
        level: LEVEL,
        message: ref("message"),
        locations: list(ref("location")),
        partialFingerprints: { type: "object", additionalProperties: TEXT },
        suppressions: list(ref("suppression"), { uniqueItems: true }),
        properties: BAG,
      },
      ["message"],
    ),
    suppression: object(
      {
        kind: { enum: ["inSource", "external"] },
        status: { enum: ["accepted", "underReview", "rejected"] },
        justification: TEXT,
        location: ref("location"),
      },
      ["kind"],
    ),
    location: object({
      physicalLocation: object(
        {
          artifactLocation: object({ uri: REFERENCE }),
          region: object({ startLine: LINE, endLine: LINE }),
        },
        ["artifactLocation"],
      ),
      logicalLocations: list(object({ fullyQualifiedName: TEXT }), { uniqueItems: true }),
    }),
  },
};
