/** A word of a command line. */
export interface ShellWord {
  readonly kind: "word";
  /** Quotes and escapes removed; what a shell would fill in stays as it is written. */
  readonly text: string;
  /** Variables that the shell fills in, `@` and `1` among them, in order. */
  readonly variables: readonly string[];
  /** Texts of `$(…)` and of backquotes. */
  readonly substitutions: readonly string[];
  /** No quote and no escape in it: it may be a reserved word. */
  readonly plain: boolean;
}

/** `&&`, `||`, `;`, `;;`, `&`, `|`, `|&`, `(`, `)` or a line feed. */
export interface ShellOperator {
  readonly kind: "operator";
  readonly text: string;
}

/** `>`, `>>`, `<`, `<<` … and where it leads. */
export interface ShellRedirect {
  readonly kind: "redirect";
  readonly operator: string;
  readonly target?: ShellWord;
  /** What a here-document holds. */
  body?: string;
}

export type ShellToken = ShellWord | ShellOperator | ShellRedirect;

/** Nothing is filled in: the text is what the program gets. */
export function isLiteral({ variables, substitutions }: ShellWord): boolean {
  return variables.length === 0 && substitutions.length === 0;
}
