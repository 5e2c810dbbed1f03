import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Ast, AstNode } from "./ast.ts";
import { scanDirectives } from "./directives.ts";
import type {
  ArgInstruction,
  FromInstruction,
  Instruction,
  ParsedDockerfile,
  ParsedStage,
  ParseWarning,
} from "./instructions.ts";
import { parseAst } from "./parse-ast.ts";
import { casingWarnings, instructionWarnings } from "./parse-lint.ts";
import { typeNode } from "./typed-instruction.ts";

export interface ParseOptions {
  /** Called for each warning as it is found, so that those ahead of an error are told too (SPEC PO-08). */
  readonly onWarning?: (warning: ParseWarning) => void;
}

/**
 * Reads a whole Dockerfile, stages that will never be built included (SPEC PO-03, PO-04). `file` is the name to show.
 * Throws DOCKERFILE_EMPTY, DOCKERFILE_SYNTAX or INSTRUCTION_INVALID; all but the first carry a source range.
 */
export function parseDockerfile(
  source: Uint8Array | string,
  file: string,
  options: ParseOptions = {},
): ParsedDockerfile {
  const ast = parseAst(source, file);
  const warnings: ParseWarning[] = [];
  const warn = (found: readonly ParseWarning[]) => {
    for (const warning of found) {
      warnings.push(warning);
      options.onWarning?.(warning);
    }
  };
  warn(continuationWarnings(ast));
  const { globalArgs, stages } = collect(ast, warn);
  warn(casingWarnings(stages));
  return {
    file,
    text: ast.text,
    escape: ast.escape,
    directives: directivesOf(ast),
    globalArgs,
    stages,
    warnings,
  };
}

/** The line that `syntax` and `check` come from may stand below a shebang, where the parser's own zone has ended (SPEC LX-17). */
function directivesOf(ast: Ast): ParsedDockerfile["directives"] {
  const { syntax, check } = scanDirectives(ast.text);
  return {
    ...(ast.directives.escape === undefined ? {} : { escape: ast.directives.escape }),
    ...(syntax ? { syntax: syntax.value } : {}),
    ...(check ? { check: check.value } : {}),
  };
}

function continuationWarnings(ast: Ast): ParseWarning[] {
  return ast.warnings.map(({ line }) => ({
    rule: "NoEmptyContinuation",
    message: "Empty continuation line",
    source: { file: ast.file, start: line, end: line },
  }));
}

type StageInstruction = ParsedStage["instructions"][number];
interface OpenStage {
  readonly from: FromInstruction;
  readonly instructions: StageInstruction[];
}

function collect(
  ast: Ast,
  warn: (found: readonly ParseWarning[]) => void,
): Pick<ParsedDockerfile, "globalArgs" | "stages"> {
  const globalArgs: ArgInstruction[] = [];
  const stages: OpenStage[] = [];
  for (const node of ast.nodes) {
    const instruction = typeLocated(node, ast.file);
    warn(instructionWarnings(instruction));
    const stage = stages.at(-1);
    if (instruction.kind === "FROM") stages.push({ from: instruction, instructions: [] });
    else if (stage) stage.instructions.push(instruction);
    else if (instruction.kind === "ARG") globalArgs.push(instruction);
    else throw syntax("no build stage in current context", instruction.source);
  }
  if (stages.length === 0)
    throw syntax("dockerfile contains no stages to build", rangeOf(ast.nodes.at(-1)!, ast.file));
  return { globalArgs, stages };
}

function typeLocated(node: AstNode, file: string): Instruction {
  try {
    return typeNode(node, rangeOf(node, file));
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code === "INTERNAL") throw error;
    const { code, hint, source, facts } = error;
    throw new SlipwayError(code, `dockerfile parse error on line ${node.start}: ${error.message}`, {
      facts,
      ...(hint ? { hint } : {}),
      ...(source ? { source } : {}),
    });
  }
}

function rangeOf(node: AstNode, file: string): SourceRange {
  return { file, start: node.start, end: node.end };
}

function syntax(message: string, source: SourceRange): SlipwayError {
  return new SlipwayError("DOCKERFILE_SYNTAX", message, {
    source,
    hint: "only ARG may come before the first FROM",
  });
}
