import { createHash } from "node:crypto";
import { canonicalJson } from "../core/canonical-json.ts";
import { type Digest, digestOf, finishDigest } from "../core/digest.ts";

/**
 * Everything that a step's result depends on, in one explicit value. Nothing of time, host paths or the identity of the
 * machine is in it, so that the same inputs give the same key anywhere (DESIGN decision 3; SPEC CK-01 to CK-10).
 */
export interface StepInputs {
  /** Kind and version of the key's layout: changing what a step does with the same inputs needs a new tag. */
  readonly tag:
    | "run/2"
    | "copy/2"
    | "copy-link/2"
    | "workdir/2"
    | "context-mount/1"
    | "harden-layer/1"
    | "harden/1";
  /** Identity of the parent chain; null for a step that does not see its parent (COPY --link). */
  readonly parent: Digest | null;
  /** The resolved instruction: named values, compared one by one when a miss is explained. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Selected input files, by the place they come from. */
  readonly files: readonly InputFiles[];
}

export type Field = string | number | boolean | null | readonly string[];

/** One set of input files: a COPY source, a bind mount. */
export interface InputFiles {
  /** For people: `context`, `stage build`, `https://…`. */
  readonly from: string;
  /** What selects them (`src`, `*.go` …). */
  readonly selector: string;
  /** Can be gone through any number of times; there may be a hundred thousand, so that they had better not be kept. */
  readonly entries: Iterable<InputEntry>;
}

/** `path` and content identity of one selected entry; they come in path order. */
export type InputEntry = readonly [path: string, content: string];

/** Text is hashed in pieces of about this length. */
const TEXT_PIECE = 64 * 1024;

/** The cache key: `H(version tag, resolved instruction, parent chain, content of what is read)`. */
export function keyOf(inputs: StepInputs): Digest {
  return digestOf(
    canonicalJson({
      tag: inputs.tag,
      parent: inputs.parent,
      fields: inputs.fields,
      files: inputs.files.map((set) => filesDigest(set)),
    }),
  );
}

/** Identity of a set of files: base names and contents, not the directory they were in (SPEC CK-04). */
export function filesDigest(set: InputFiles): Digest {
  const hash = createHash("sha256");
  let text = "";
  for (const [path, content] of set.entries) {
    text += `${JSON.stringify(path)} ${content}\n`;
    if (text.length < TEXT_PIECE) continue;
    hash.update(text);
    text = "";
  }
  return finishDigest(hash.update(text));
}

/** Identity of a chain after one more layer. */
export function extendChain(parent: Digest | null, layerContent: Digest): Digest {
  return digestOf(`chain/1 ${parent ?? "-"} ${layerContent}`);
}

/** Identity of a base: the diff IDs of its layers, known without downloading any of them. */
export function baseChain(diffIds: readonly Digest[]): Digest | null {
  return diffIds.length === 0 ? null : digestOf(`base/1 ${diffIds.join(" ")}`);
}
