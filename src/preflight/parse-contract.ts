import { LineCounter, type Node, parseDocument } from "yaml";
import { SlipwayError } from "../core/errors.ts";
import { checkNode, type Plain } from "./check-node.ts";
import type { Contract } from "./contract.ts";
import { type ContractProblem, contractError } from "./contract-problem.ts";
import { contractOf } from "./contract-rules.ts";
import { CONTRACT_SCHEMA } from "./contract-schema.ts";

/** Bytes: it has to fit into a label. */
export const LARGEST_CONTRACT = 64 * 1024;

export interface ParsedContract {
  readonly contract: Contract;
  /** The same as JSON, words as they were written: what the label holds. */
  readonly label: string;
}

/**
 * Reads a contract, YAML or JSON. Throws `PREFLIGHT_INVALID` with every mistake in it, each with its place, in `facts.problems`.
 * `file` is its name in messages.
 */
export function parseContract(text: string, file: string): ParsedContract {
  if (Buffer.byteLength(text) > LARGEST_CONTRACT)
    throw new SlipwayError(
      "PREFLIGHT_INVALID",
      `the contract ${file} is larger than ${LARGEST_CONTRACT / 1024} KiB`,
      { hint: "an image's label has to hold it", source: { file, start: 1, end: 1 } },
    );
  const problems: ContractProblem[] = [];
  const lines = new LineCounter();
  const complainAt = (offset: number, message: string, hint?: string): void => {
    const { line, col } = lines.linePos(offset);
    const at = Math.max(1, line);
    problems.push({
      source: { file, start: at, end: at },
      column: Math.max(1, col),
      message,
      ...(hint ? { hint } : {}),
    });
  };
  const document = parseDocument(text.replace(/^\uFEFF/, ""), {
    lineCounter: lines,
    prettyErrors: false,
    keepSourceTokens: false,
    version: "1.2",
  });
  for (const { pos, message } of [...document.errors, ...document.warnings]) complainAt(pos[0], message);
  if (problems.length > 0) throw contractError(file, text, problems);
  const places = new Map<string, number>();
  const plain = checkNode(
    {
      root: CONTRACT_SCHEMA,
      complain: (node, message, hint) =>
        complainAt(typeof node === "number" ? node : (node.range?.[0] ?? 0), message, hint),
      locate: (path, offset) => places.set(path, places.get(path) ?? offset),
    },
    CONTRACT_SCHEMA,
    document.contents as Node | null,
    "",
  );
  const rules = contractOf((plain ?? {}) as Readonly<Record<string, Plain>>, (path, message, hint) =>
    complainAt(placeOf(places, path), message, hint),
  );
  if (problems.length > 0) throw contractError(file, text, problems);
  return { contract: rules, label: JSON.stringify(plain) };
}

/** The place of a value, or of the nearest one around it. */
function placeOf(places: ReadonlyMap<string, number>, path: string): number {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const found = places.get(at);
    if (found !== undefined) return found;
    if (at === "") return 0;
  }
}
