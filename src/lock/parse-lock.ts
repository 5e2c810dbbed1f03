import { SlipwayError } from "../core/errors.ts";
import { parseReference } from "../image/reference.ts";
import { checkValue, type ValueProblem } from "./check-value.ts";
import type { LocatedProblem } from "./locate.ts";
import { encodeLock, type LockEntries } from "./lock-entries.ts";
import { LOCK_SCHEMA, LOCK_VERSION } from "./lock-schema.ts";
import { imageName } from "./source-names.ts";

/** Bytes: a lock of some thousand sources. */
export const LARGEST_LOCK = 4 * 1024 * 1024;

/**
 * Reads a lock; `file` is its name in messages. A lock as it was written is read at the speed of JSON; only one that is wrong, or
 * that somebody has edited, is gone through with an eye on lines and on names that come twice. Throws `LOCK_INVALID` with every
 * mistake and its line.
 */
export async function parseLock(text: string, file: string): Promise<LockEntries> {
  if (Buffer.byteLength(text) > LARGEST_LOCK)
    throw invalid(file, [
      { line: 1, column: 1, message: `it is larger than ${LARGEST_LOCK / 1024 / 1024} MiB` },
    ]);
  const plain = text.replace(/^\uFEFF/, "");
  const value = parsedOrUndefined(plain);
  const problems = value === undefined ? [] : problemsOf(value);
  if (value !== undefined && problems.length === 0) {
    const entries = entriesOf(value);
    if (encodeLock(entries) === plain) return entries;
  }
  const { locate } = await import("./locate.ts");
  const found = locate(plain, problems);
  if (found.length > 0) throw invalid(file, found, text);
  return entriesOf(value);
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function problemsOf(value: unknown): readonly ValueProblem[] {
  const version = (value as { readonly lockVersion?: unknown } | null)?.lockVersion;
  if (Number.isInteger(version) && version !== LOCK_VERSION)
    return [
      {
        path: ["lockVersion"],
        message: `its version is ${String(version)}, and this slipway reads version ${LOCK_VERSION}`,
        hint: (version as number) > LOCK_VERSION ? "use a newer slipway" : "write it again with slipway lock",
      },
    ];
  const problems = checkValue(LOCK_SCHEMA, value);
  return problems.length > 0 ? problems : namingProblems(entriesOf(value));
}

/** Names that no build would ever ask for, and digests that contradict the name. */
function namingProblems({ images }: LockEntries): readonly ValueProblem[] {
  return Object.entries(images).flatMap(([name, { digest }]): readonly ValueProblem[] => {
    const path = ["images", name];
    try {
      const reference = parseReference(name);
      if (imageName(reference) !== name) {
        const message = `${JSON.stringify(name)} is not the full name of an image`;
        return [{ path, isName: true, message, hint: `write ${imageName(reference)}` }];
      }
      if (reference.digest === undefined || reference.digest === digest) return [];
      return [{ path, message: `${name} says one digest, and its entry another` }];
    } catch (error) {
      return [{ path, isName: true, message: (error as Error).message }];
    }
  });
}

function entriesOf(value: unknown): LockEntries {
  const { images = {}, urls = {}, git = {} } = value as Partial<LockEntries>;
  return { images, urls, git };
}

function invalid(file: string, problems: readonly LocatedProblem[], text?: string): SlipwayError {
  const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  const located = problems.map(({ line, ...problem }) => ({
    source: { file, start: line, end: line },
    ...problem,
  }));
  const lines = problems.map(
    ({ line, column, message, hint }) => `${file}:${line}:${column}: ${message}${hint ? ` (${hint})` : ""}`,
  );
  return new SlipwayError("LOCK_INVALID", [`the lock ${file} has ${count}`, ...lines].join("\n"), {
    hint: "mend it, or delete it and run slipway lock; build --no-lock leaves it alone",
    facts: { problems: located, ...(text === undefined ? {} : { sourceText: text }) },
    source: located[0]!.source,
  });
}
