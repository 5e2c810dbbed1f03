import type { BuildContexts } from "./build-contexts.ts";
import type { BuildOptions } from "./build-options.ts";

/** Bytes of a contract that is read; the parser refuses what is larger than it allows. */
const READ_LIMIT = 1 << 20;

/**
 * The labels of a build: those that were asked for, and the contract beside the Dockerfile, checked. Without a contract they are as they
 * were. Throws `PREFLIGHT_INVALID`.
 */
export async function labelsWithContract(
  options: BuildOptions,
  contexts: BuildContexts,
): Promise<Readonly<Record<string, string>> | undefined> {
  const file = options.preflight === false ? undefined : await contexts.contract(READ_LIMIT);
  if (!file) return options.labels;
  // Only who has a contract loads the reader of YAML.
  const { parseContract } = await import("../preflight/parse-contract.ts");
  const { CONTRACT_LABEL } = await import("../preflight/contract-label.ts");
  return { ...options.labels, [CONTRACT_LABEL]: parseContract(file.text, file.name).label };
}
