import { realpathSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { printableName } from "../core/file-name.ts";
import { readSmallFile } from "./read-small-file.ts";

/** A contract of preconditions as it lies beside a Dockerfile. */
export interface ContractFile {
  /** For messages, beside the name of the Dockerfile. */
  readonly name: string;
  readonly text: string;
}

export interface FindContractOptions {
  readonly dockerfile: { readonly path: string; readonly name: string };
  /** Bytes; of a longer one there is a text that is too long as well. */
  readonly limit: number;
  /** For contexts from elsewhere: no link may lead out of this folder. */
  readonly within?: string;
}

/** Its names, the first that is there counts: as with ignore files, the Dockerfile's own goes before the general one (SPEC DI-01). */
export function contractNames(dockerfile: string): readonly string[] {
  return [`${dockerfile}.preflight.yaml`, join(dirname(dockerfile), "preflight.yaml")];
}

/** The contract beside a Dockerfile; undefined where there is none. Throws `PERMISSION_DENIED`. */
export async function findContract(options: FindContractOptions): Promise<ContractFile | undefined> {
  const { dockerfile, limit, within } = options;
  const names = contractNames(dockerfile.name);
  for (const [i, path] of contractNames(dockerfile.path).entries()) {
    if (within !== undefined && !staysWithin(within, path)) continue;
    const found = await readSmallFile(path, { limit });
    const name = printableName(names[i]!);
    if (found.kind === "bytes") return { name, text: found.bytes.toString("utf8") };
    if (found.kind === "too-large") return { name, text: " ".repeat(limit + 1) };
  }
  return undefined;
}

/** Whether a path, links followed, is below a folder. */
export function staysWithin(root: string, path: string): boolean {
  try {
    const real = realpathSync(root);
    return realpathSync(path).startsWith(real === "/" ? real : real + sep);
  } catch {
    return false;
  }
}
