import type { AstNode } from "./ast.ts";
import { invalid, readFlags } from "./flags.ts";
import { goQuote } from "./go-quote.ts";
import type { FromInstruction, InstructionBase } from "./instructions.ts";

const STAGE_NAME = /^[a-z][a-z0-9_.-]*$/;

/** FROM (SPEC FR-01). */
export function fromInstruction(node: AstNode, base: InstructionBase): FromInstruction {
  const [image, as, name] = node.args;
  const named = node.args.length === 3 && as?.toLowerCase() === "as";
  if (image === undefined || (node.args.length !== 1 && !named))
    throw invalid("FROM requires either one or three arguments", "write FROM <image> [AS <name>]");
  const stage = named ? { stageName: checkStageName(name!) } : {};
  const platform = readFlags(node.flags, { platform: "text" }).text("platform");
  return { ...base, kind: "FROM", image, ...stage, ...(platform === undefined ? {} : { platform }) };
}

function checkStageName(written: string): string {
  const stageName = written.toLowerCase();
  if (!STAGE_NAME.test(stageName))
    throw invalid(
      `invalid name for build stage: ${goQuote(written)}, name can't start with a number or contain symbols`,
      "begin with a letter, and go on with letters, digits, `-`, `_` and `.`",
    );
  return stageName;
}
