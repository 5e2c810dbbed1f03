import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import { suggest } from "../core/suggest.ts";
import { KEYWORDS, type Keyword, keywordOf } from "./argument-grammar.ts";
import type { AstNode } from "./ast.ts";
import {
  argInstruction,
  exposeInstruction,
  pairsInstruction,
  shellInstruction,
  singleArgument,
  volumeInstruction,
} from "./config-instructions.ts";
import { copyInstruction } from "./copy-instruction.ts";
import { invalid, readFlags } from "./flags.ts";
import { fromInstruction } from "./from-instruction.ts";
import { healthcheckInstruction } from "./healthcheck-instruction.ts";
import { appendHeredocs } from "./heredoc.ts";
import type { Instruction, InstructionBase, OnbuildInstruction } from "./instructions.ts";
import { commandInstruction, runInstruction } from "./run-instruction.ts";
import { usageHint } from "./usage.ts";

/**
 * Phase B (SPEC PO-04): judges keyword, flags, arity and values of one node. Throws DOCKERFILE_SYNTAX for an unknown
 * instruction and INSTRUCTION_INVALID otherwise, at `source`, without the line prefix.
 */
export function typeNode(node: AstNode, source: SourceRange): Instruction {
  const base: InstructionBase = {
    source,
    text: node.original,
    keyword: node.value,
    comments: node.comments,
    ...(node.undecodable === undefined
      ? {}
      : { undecodable: { file: source.file, start: node.undecodable, end: node.undecodable } }),
  };
  try {
    return dispatch(node, base);
  } catch (error) {
    throw error instanceof SlipwayError ? withUsage(error, keywordOf(node.value)).at(source) : error;
  }
}

/** Where nothing better is known, a hint says how the instruction is written. */
function withUsage(error: SlipwayError, keyword: Keyword | undefined): SlipwayError {
  if (keyword === undefined || error.hint !== undefined || error.code === "INTERNAL") return error;
  const { code, message, facts, source } = error;
  return new SlipwayError(code, message, {
    hint: usageHint(keyword),
    facts,
    ...(source ? { source } : {}),
  });
}

function dispatch(node: AstNode, base: InstructionBase): Instruction {
  const kind = keywordOf(node.value);
  switch (kind) {
    case undefined:
      throw unknownInstruction(node.value);
    case "FROM":
      return fromInstruction(node, base);
    case "RUN":
      return runInstruction(node, base);
    case "CMD":
    case "ENTRYPOINT":
      return commandInstruction(kind, node, base);
    case "COPY":
    case "ADD":
      return copyInstruction(kind, node, base);
    case "ARG":
      return argInstruction(node, base);
    case "ENV":
      return pairsInstruction(kind, node, base);
    case "LABEL":
      return pairsInstruction(kind, node, base);
    case "EXPOSE":
      return exposeInstruction(node, base);
    case "VOLUME":
      return volumeInstruction(node, base);
    case "SHELL":
      return shellInstruction(node, base);
    case "HEALTHCHECK":
      return healthcheckInstruction(node, base);
    case "ONBUILD":
      return onbuildInstruction(node, base);
    case "MAINTAINER":
      return { ...base, kind, maintainer: singleArgument(kind, node) };
    case "STOPSIGNAL":
      return { ...base, kind, signal: singleArgument(kind, node) };
    case "USER":
      return { ...base, kind, user: singleArgument(kind, node) };
    case "WORKDIR":
      return { ...base, kind, path: singleArgument(kind, node) };
    default:
      throw new SlipwayError("INTERNAL", `no instruction for ${kind satisfies never}`);
  }
}

/** ONBUILD keeps its trigger as text; what the trigger says is judged when it fires (SPEC OB-01, LX-45). */
function onbuildInstruction(node: AstNode, base: InstructionBase): OnbuildInstruction {
  if (!node.child) throw invalid("ONBUILD requires at least one argument");
  readFlags(node.flags, {});
  refuseTrigger(node.child.value);
  const text = node.original.replace(/^\s*\S+\s+/, "");
  return { ...base, kind: "ONBUILD", trigger: appendHeredocs(text, node.heredocs) };
}

/** SPEC OB-01: what can never be a trigger. */
export function refuseTrigger(command: string): void {
  const keyword = command.toUpperCase();
  if (keyword === "ONBUILD")
    throw invalid("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", "write the last of them alone");
  if (keyword === "FROM" || keyword === "MAINTAINER")
    throw invalid(
      `${keyword} isn't allowed as an ONBUILD trigger`,
      "write it into the Dockerfiles that are based on this image",
    );
}

/** The suggestion is in upper case where the command is, else in lower case. */
function unknownInstruction(command: string): SlipwayError {
  const upper = command.toUpperCase();
  const near = suggest(upper, KEYWORDS);
  const spelled = command === upper ? near : near?.toLowerCase();
  const question = spelled === undefined ? "" : ` (did you mean ${spelled}?)`;
  return new SlipwayError("DOCKERFILE_SYNTAX", `unknown instruction: ${command}${question}`, {
    hint:
      spelled === undefined
        ? "a line that belongs to the one above needs a backslash at the end of that one"
        : `write ${spelled}`,
  });
}
