import { parseCsvRecord } from "../../core/csv.ts";
import { SlipwayError } from "../../core/errors.ts";
import { goBoolean } from "../../core/go-boolean.ts";
import { suggest } from "../../core/suggest.ts";

/** Questions about a Dockerfile that `build` answers instead of building (SPEC SG-17). */
export const CALL_METHODS = ["check", "outline", "targets", "subrequests.describe"] as const;
export type CallMethod = (typeof CALL_METHODS)[number];

export interface CallRequest {
  readonly method: CallMethod;
  readonly json: boolean;
  /** Findings of a check do not count for the exit code. */
  readonly ignoreStatus: boolean;
}

/**
 * Reads `--call`: `METHOD[,format=json][,ignorestatus=true]`, the last one where several are given (SPEC 8.1). Undefined where a
 * build is asked for. Throws `USAGE`.
 */
export function callRequest(values: readonly string[]): CallRequest | undefined {
  const text = values.at(-1);
  if (!text) return undefined;
  let name = "";
  let request = { json: false, ignoreStatus: false };
  for (const field of parseCsvRecord(text)) {
    const equals = field.indexOf("=");
    if (equals < 0 && name !== "") throw usage(`invalid print value: ${text}`);
    if (equals < 0) name = field;
    else request = { ...request, ...option(field, equals) };
  }
  const method = methodOf(name);
  return method === "build" ? undefined : { method, ...request };
}

function option(field: string, equals: number): Partial<CallRequest> {
  const key = field.slice(0, equals);
  const value = field.slice(equals + 1);
  if (key === "format") return { json: isJson(value) };
  if (key !== "ignorestatus")
    throw usage(`invalid print field: ${field}`, "use format=json or ignorestatus=true");
  const ignoreStatus = goBoolean(value);
  if (ignoreStatus === undefined)
    throw usage(`invalid ignorestatus print value: ${value}`, "write true or false");
  return { ignoreStatus };
}

function isJson(format: string): boolean {
  if (format === "json") return true;
  if (format === "" || format === "text") return false;
  throw usage(`invalid print format: ${format}`, "use format=json, or leave it out for text");
}

/** `lint` is the name that `check` has behind the scenes. */
function methodOf(name: string): CallMethod | "build" {
  const known = name === "lint" ? "check" : name;
  if (known === "build") return "build";
  const method = CALL_METHODS.find((candidate) => candidate === known);
  if (method) return method;
  const near = suggest(name, CALL_METHODS);
  throw usage(
    `unsupported request frontend.${name}`,
    near ? `did you mean ${near}?` : `--call takes build, ${CALL_METHODS.join(", ")}`,
  );
}

function usage(message: string, hint?: string): SlipwayError {
  return new SlipwayError("USAGE", `--call: ${message}`, hint ? { hint } : {});
}
