import { SlipwayError } from "../../src/core/errors.ts";
import { Violation } from "./target.ts";

/** What makes an input a finding. */
export type FindingKind =
  | "untyped error"
  | "violation"
  | "hang"
  | "out of memory"
  | "crash"
  | "slow"
  | "growth";

/** What was seen, without the input. `key` is the same for the same defect. */
export interface Symptom {
  readonly kind: FindingKind;
  readonly key: string;
  readonly detail: string;
}

/** Judges what a target threw: undefined where it is an answer that callers can handle. */
export function judge(error: unknown): Symptom | undefined {
  if (error instanceof Violation) return symptom("violation", error.message.split("\n")[0]!, error.message);
  if (error instanceof SlipwayError && error.code !== "INTERNAL") return undefined;
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return symptom("untyped error", `${name} in ${placeOf(stack)}`, stack || message);
}

export function symptom(kind: FindingKind, key: string, detail: string): Symptom {
  return { kind, key: shapeOf(key), detail };
}

/** A message without what changes from input to input: quoted text and numbers. */
function shapeOf(message: string): string {
  const shape = message
    .replace(/"(?:[^"\\]|\\.)*"|'[^']*'|`[^`]*`/gs, "…")
    .replace(/\d+/g, "N")
    .replace(/[^\x20-\x7e…]+/g, "?");
  return shape.length > 200 ? `${shape.slice(0, 200)}…` : shape;
}

/** The innermost function of the program on the stack; those of Node and of JavaScript itself have no file. */
function placeOf(stack: string): string {
  const frame = stack.split("\n").find((line) => /^\s+at .*file:/.test(line)) ?? "";
  return /^\s+at (?:async )?(?:new )?([^\s(]+) \(/.exec(frame)?.[1] ?? "an unknown place";
}
