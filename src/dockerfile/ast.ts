import type { Directives, EscapeCharacter } from "./directives.ts";
import { goQuote } from "./go-quote.ts";
import type { Heredoc } from "./instructions.ts";

/** One instruction as the grammar sees it, before its keyword, flags and arguments are judged (SPEC LX-27). */
export interface AstNode {
  /** The keyword as written. */
  readonly value: string;
  /** The logical line, continuations joined, heredoc bodies left out. */
  readonly original: string;
  /** `--name` and `--name=value` words, unquoted. */
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** The arguments were written as a JSON array. */
  readonly json: boolean;
  /** The instruction inside ONBUILD. */
  readonly child?: AstNode;
  readonly heredocs: readonly Heredoc[];
  /** Lines count from 1; `end` is the last line of the last heredoc. */
  readonly start: number;
  readonly end: number;
  /** Comment lines above (SPEC LX-06). */
  readonly comments: readonly string[];
  /** The first of its lines that is not UTF-8. */
  readonly undecodable?: number;
}

/** SPEC LX-09: one per instruction, at its last line. */
export interface AstWarning {
  readonly message: string;
  readonly line: number;
  /** Comment lines above the instruction. */
  readonly comments: readonly string[];
}

export interface Ast {
  readonly file: string;
  /** The decoded text, without byte-order mark. */
  readonly text: string;
  readonly escape: EscapeCharacter;
  /** What the parser's own directive zone holds; a shebang line ends it (compare `scanDirectives`). */
  readonly directives: Directives;
  readonly nodes: readonly AstNode[];
  readonly warnings: readonly AstWarning[];
}

/** One line per instruction: `(keyword ["flag"…] "argument"…)`, with ONBUILD's inner instruction in its place (SPEC LX-28). */
export function dumpAst(ast: Ast): string {
  return ast.nodes.map((node) => `${dumpNode(node)}\n`).join("");
}

function dumpNode(node: AstNode): string {
  const flags = node.flags.length > 0 ? [`[${node.flags.map(goQuote).join(" ")}]`] : [];
  const child = node.child ? [dumpNode(node.child)] : [];
  return `(${[node.value.toLowerCase(), ...flags, ...child, ...node.args.map(goQuote)].join(" ")})`;
}
