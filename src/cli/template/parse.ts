import { type Piece, refuse, splitTemplate, type Token } from "./tokens.ts";

/** What gives a value. */
export type Expression =
  | { readonly kind: "literal"; readonly value: unknown }
  | { readonly kind: "member"; readonly of: Expression; readonly names: readonly string[] }
  | { readonly kind: "dot" }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly operands: readonly Expression[] };

export type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "print"; readonly value: Expression }
  | { readonly kind: "set"; readonly name: string; readonly value: Expression }
  | {
      readonly kind: "if" | "with" | "range";
      readonly value: Expression;
      /** Variables for the value, or for key and value. */
      readonly variables: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

const BLOCKS = ["if", "with", "range"] as const;
const CONSTANTS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["nil", null],
]);
/** Deeper than any template that somebody wrote. */
const DEEPEST = 100;

/** Reads a template of Go, as far as Docker's formats use them. Throws `USAGE`. */
export function parseTemplate(template: string): readonly Node[] {
  const reader = new BlockReader(splitTemplate(template));
  const nodes = reader.nodes(0);
  const rest = reader.take();
  return rest ? refuse(`{{${rest.source}}} ends nothing`) : nodes;
}

type Action = Extract<Piece, { kind: "action" }>;

class BlockReader {
  readonly #pieces: readonly Piece[];
  #at = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** The action that nodes ended at. */
  take(): Action | undefined {
    return this.#pieces[this.#at++] as Action | undefined;
  }

  /** Up to the `else` or `end` that is not theirs, or the end of the template. */
  nodes(depth: number): Node[] {
    if (depth > DEEPEST) refuse("its blocks are too deep");
    const nodes: Node[] = [];
    for (; this.#at < this.#pieces.length; ) {
      const piece = this.#pieces[this.#at]!;
      if (piece.kind === "action" && ["else", "end"].includes(leadOf(piece))) break;
      this.#at++;
      nodes.push(piece.kind === "text" ? piece : this.#action(piece, depth));
    }
    return nodes;
  }

  #action(action: Action, depth: number): Node {
    const lead = leadOf(action);
    const block = BLOCKS.find((name) => name === lead);
    if (block) return this.#block(block, action, action.tokens.slice(1), depth);
    const { names, rest } = assignment(action.tokens);
    const value = new ExpressionReader(rest, action.source).whole();
    if (names.length > 1) refuse(`{{${action.source}}} sets more than one variable`);
    return names[0] === undefined ? { kind: "print", value } : { kind: "set", name: names[0], value };
  }

  #block(kind: (typeof BLOCKS)[number], action: Action, tokens: readonly Token[], depth: number): Node {
    const { names, rest } = assignment(tokens);
    if (names.length > (kind === "range" ? 2 : 1)) refuse(`{{${action.source}}} sets too many variables`);
    const value = new ExpressionReader(rest, action.source).whole();
    const body = this.nodes(depth + 1);
    const end = this.take();
    if (!end) return refuse(`{{${action.source}}} has no {{end}}`);
    const otherwise = leadOf(end) === "else" ? this.#otherwise(end, action, depth) : [];
    return { kind, value, variables: names, body, otherwise };
  }

  #otherwise(otherwise: Action, begun: Action, depth: number): readonly Node[] {
    const lead = otherwise.tokens[1];
    if (lead) {
      const block = BLOCKS.find((name) => lead.kind === "word" && lead.text === name && name !== "range");
      if (!block) return refuse(`{{${otherwise.source}}} is not understood`);
      return [this.#block(block, otherwise, otherwise.tokens.slice(2), depth + 1)];
    }
    const nodes = this.nodes(depth + 1);
    const end = this.take();
    return end && leadOf(end) === "end" ? nodes : refuse(`{{${begun.source}}} has no {{end}}`);
  }
}

function leadOf({ tokens }: Action): string {
  const [first] = tokens;
  return first?.kind === "word" ? first.text : "";
}

/** `$x :=` or `$i, $x :=` in front of a value. */
function assignment(tokens: readonly Token[]): {
  readonly names: readonly string[];
  readonly rest: readonly Token[];
} {
  const at = tokens.findIndex((token) => token.kind === "sign" && token.text === ":=");
  if (at < 0) return { names: [], rest: tokens };
  const names = tokens.slice(0, at).flatMap((token) => (token.kind === "variable" ? [token.name] : []));
  return { names, rest: tokens.slice(at + 1) };
}

class ExpressionReader {
  readonly #tokens: readonly Token[];
  readonly #source: string;
  #at = 0;

  constructor(tokens: readonly Token[], source: string) {
    this.#tokens = tokens;
    this.#source = source;
  }

  whole(): Expression {
    const value = this.#pipeline(0);
    return this.#at < this.#tokens.length ? this.#refuse() : value;
  }

  /** The value of what is before `|` is the last operand of what is behind it. */
  #pipeline(depth: number): Expression {
    if (depth > DEEPEST) return this.#refuse();
    let value = this.#command(depth, []);
    while (this.#skip("|")) value = this.#command(depth, [value]);
    return value;
  }

  #command(depth: number, piped: readonly Expression[]): Expression {
    const token = this.#tokens[this.#at];
    if (token?.kind === "word" && !CONSTANTS.has(token.text)) {
      this.#at++;
      const operands: Expression[] = [];
      while (this.#beginsOperand()) operands.push(this.#operand(depth));
      return { kind: "call", name: token.text, operands: [...operands, ...piped] };
    }
    return piped.length > 0 ? this.#refuse() : this.#operand(depth);
  }

  #beginsOperand(): boolean {
    const token = this.#tokens[this.#at];
    return token !== undefined && (token.kind !== "sign" || token.text === "(");
  }

  #operand(depth: number): Expression {
    const token = this.#tokens[this.#at++];
    switch (token?.kind) {
      case "literal":
        return token;
      case "path":
        return memberOf({ kind: "dot" }, token.names);
      case "variable":
        return memberOf({ kind: "variable", name: token.name }, token.names);
      case "word":
        if (CONSTANTS.has(token.text)) return { kind: "literal", value: CONSTANTS.get(token.text) };
        return { kind: "call", name: token.text, operands: [] };
      case "sign":
        return token.text === "(" ? this.#parenthesis(depth) : this.#refuse();
      default:
        return this.#refuse();
    }
  }

  #parenthesis(depth: number): Expression {
    const value = this.#pipeline(depth + 1);
    if (!this.#skip(")")) return this.#refuse();
    const next = this.#tokens[this.#at];
    if (next?.kind !== "path" || !next.isGlued || next.names.length === 0) return value;
    this.#at++;
    return memberOf(value, next.names);
  }

  #skip(sign: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token?.kind === "sign" && token.text === sign;
    if (found) this.#at++;
    return found;
  }

  #refuse(): never {
    return refuse(`{{${this.#source}}} is not understood`);
  }
}

function memberOf(of: Expression, names: readonly string[]): Expression {
  return names.length === 0 ? of : { kind: "member", of, names };
}
