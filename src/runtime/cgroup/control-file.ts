import { closeSync, openSync, writeSync } from "node:fs";
import { systemErrorCode } from "../../core/errors.ts";

/** Missing means that this kernel, or this user, has no such limit; refused, that the value is no good. */
export type Written = "written" | "missing" | { readonly refused: string };

/** Writes a value in one call, as the kernel wants it, into a file that exists. */
export function writeControl(path: string, value: string): Written {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch {
    return "missing";
  }
  try {
    writeSync(file, value);
    return "written";
  } catch (error) {
    return { refused: systemErrorCode(error) ?? String(error) };
  } finally {
    closeSync(file);
  }
}
