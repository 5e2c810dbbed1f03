import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Ast, AstNode } from "./ast.ts";
import { type ScannedDirective, type ScannedDirectives, scanDirectives } from "./directives.ts";
import { refuseUtf16 } from "./encoding.ts";
import { checkFrontend } from "./frontend.ts";
import type {
  ArgInstruction,
  FromInstruction,
  Instruction,
  ParsedDockerfile,
  ParsedStage,
} from "./instructions.ts";
import { lintSettings } from "./lint-settings.ts";
import { Linter, type WarningSink } from "./linter.ts";
import { parseAst } from "./parse-ast.ts";
import { warnOfCasing, warnOfDescription, warnOfNode, warnOfStageNames } from "./parse-lint.ts";
import { typeNode } from "./typed-instruction.ts";

export interface ParseOptions {
  /** Called for each warning as it is found, so that those ahead of an error are told too (SPEC PO-08). */
  readonly onWarning?: WarningSink;
  /** Lint settings in the place of the `# check=` line: the build argument `BUILDKIT_DOCKERFILE_CHECK` (SPEC LN-02). */
  readonly check?: string;
  /** The frontend in the place of the `# syntax=` line: the build argument `BUILDKIT_SYNTAX` (SPEC LX-19). */
  readonly syntax?: string;
  /** The named context that stands in for a frontend image. */
  readonly frontendContext?: (reference: string) => string | undefined;
}

/**
 * Reads a whole Dockerfile, stages that will never be built included (SPEC PO-03, PO-04). `file` is the name to show. How
 * to lint is read first, from the raw text, and who is to read it even before (PO-02). Throws DOCKERFILE_EMPTY, DOCKERFILE_SYNTAX or INSTRUCTION_INVALID; all
 * but the first carry a source range. Throws USAGE for a `check` that cannot be read, FRONTEND_UNSUPPORTED.
 */
export function parseDockerfile(
  source: Uint8Array | string,
  file: string,
  options: ParseOptions = {},
): ParsedDockerfile {
  refuseUtf16(source, file);
  const scanned = scanDirectives(source);
  checkFrontend({
    buildArg: options.syntax,
    line: scanned.syntax && { ...located(scanned.syntax, file), reference: scanned.syntax.reference },
    replacement: options.frontendContext,
  });
  const lint = lintSettings({ buildArg: options.check, line: scanned.check && located(scanned.check, file) });
  const ast = parseAst(source, file);
  const linter = new Linter(lint, options.onWarning);
  for (const { line, comments } of ast.warnings)
    linter.warn("NoEmptyContinuation", "Empty continuation line", {
      source: { file, start: line, end: line },
      comments,
    });
  const { globalArgs, stages } = collect(ast, linter);
  warnOfStageNames(stages, linter.warn);
  warnOfCasing(stages, linter.warn);
  return {
    file,
    text: ast.text,
    escape: ast.escape,
    directives: directivesOf(ast, scanned),
    globalArgs,
    stages,
    lint,
    warnings: linter.warnings,
  };
}

function located({ value, line }: ScannedDirective, file: string) {
  return { value, source: { file, start: line, end: line } };
}

/** The line that `syntax` and `check` come from may stand below a shebang, where the parser's own zone has ended (SPEC LX-17). */
function directivesOf(ast: Ast, { syntax, check }: ScannedDirectives): ParsedDockerfile["directives"] {
  return {
    ...(ast.directives.escape === undefined ? {} : { escape: ast.directives.escape }),
    ...(syntax ? { syntax: syntax.value } : {}),
    ...(check ? { check: check.value } : {}),
  };
}

type StageInstruction = ParsedStage["instructions"][number];
interface OpenStage {
  readonly from: FromInstruction;
  readonly instructions: StageInstruction[];
}

function collect(ast: Ast, { warn }: Linter): Pick<ParsedDockerfile, "globalArgs" | "stages"> {
  const globalArgs: ArgInstruction[] = [];
  const stages: OpenStage[] = [];
  for (const node of ast.nodes) {
    warnOfNode(node, { source: rangeOf(node, ast.file), comments: node.comments }, warn);
    const instruction = typeLocated(node, ast.file);
    warnOfDescription(instruction, warn);
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
