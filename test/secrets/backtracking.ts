/**
 * A regular expression that counts: a matcher that backtracks as JavaScript's does, so that the work of a search is a number and
 * not a time. Knows what the expressions of this product use: classes, groups, alternatives, greedy quantifiers, `\b`, `^`, `$`,
 * looking ahead, and behind by one character.
 */
type Node =
  | { readonly kind: "char"; readonly written: string; readonly test: (char: string) => boolean }
  | { readonly kind: "either"; readonly options: readonly (readonly Node[])[] }
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number }
  | { readonly kind: "edge"; readonly written: string }
  | { readonly kind: "look"; readonly behind: boolean; readonly wanted: boolean; readonly inner: Node };

class Parser {
  readonly #source: string;
  readonly #flags: string;
  #at = 0;

  constructor({ source, flags }: RegExp) {
    this.#source = source;
    this.#flags = flags.replace(/[gy]/g, "");
  }

  either(): Node {
    const options: Node[][] = [[]];
    while (this.#at < this.#source.length && this.#source[this.#at] !== ")")
      if (this.#take(/\|/y)) options.push([]);
      else options.at(-1)!.push(this.#quantified());
    return { kind: "either", options };
  }

  #quantified(): Node {
    const node = this.#atom();
    const written = this.#take(/[*+?]|\{\d+(?:,\d*)?\}/y);
    if (!written) return node;
    const [min, max] = bounds(written);
    return { kind: "repeat", node, min, max };
  }

  #atom(): Node {
    const look = this.#take(/\(\?<?[=!]/y);
    if (look || this.#take(/\((?:\?:)?/y)) {
      const inner = this.either();
      this.#at++;
      return look ? { kind: "look", behind: look[2] === "<", wanted: look.endsWith("="), inner } : inner;
    }
    const edge = this.#take(/\\b|\^|\$/y);
    if (edge) return { kind: "edge", written: edge };
    const written = this.#take(/\[(?:\\.|[^\]\\])*\]|\\[^1-9]|[^\\]/y);
    if (!written) throw new Error(`not known: ${this.#source.slice(this.#at)}`);
    const single = new RegExp(`^(?:${written})$`, this.#flags);
    const known = new Map<string, boolean>();
    const test = (char: string): boolean => {
      const taken = known.get(char) ?? single.test(char);
      known.set(char, taken);
      return taken;
    };
    return { kind: "char", written, test };
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const found = token.exec(this.#source)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }
}

function bounds(written: string): readonly [number, number] {
  if (written === "*") return [0, Number.POSITIVE_INFINITY];
  if (written === "+") return [1, Number.POSITIVE_INFINITY];
  if (written === "?") return [0, 1];
  const [min = "", max = min] = written.slice(1, -1).split(",");
  return [Number(min), max === "" ? Number.POSITIVE_INFINITY : Number(max)];
}

type Next = (at: number) => boolean;

export class CountingExpression {
  readonly #root: Node;
  #steps = 0;
  #text = "";

  constructor(expression: RegExp) {
    this.#root = new Parser(expression).either();
  }

  /** Searches a text as `matchAll` does: how many characters were compared, and what was found. */
  search(text: string): { readonly steps: number; readonly found: readonly string[] } {
    [this.#steps, this.#text] = [0, text];
    const found: string[] = [];
    for (let at = 0; at <= text.length; ) {
      let end = -1;
      const matches = this.#match(this.#root, at, (to) => {
        end = to;
        return true;
      });
      if (matches) found.push(text.slice(at, end));
      at = Math.max(at + 1, end);
    }
    return { steps: this.#steps, found };
  }

  /** Texts that lead into the expression, each cut behind one more of its parts; classes give `char` where they can. */
  beginnings(char: string): readonly string[] {
    const cuts: string[] = [];
    const write = (node: Node, text: string): string => {
      let longer = text;
      if (node.kind === "either") for (const part of node.options[0]!) longer = write(part, longer);
      else if (node.kind === "repeat")
        longer =
          write(node.node, longer) +
          write(node.node, longer)
            .slice(longer.length)
            .repeat(Math.max(0, node.min - 1));
      else if (node.kind === "char") longer += node.test(char) ? char : exampleOf(node);
      if (cuts.at(-1) !== longer) cuts.push(longer);
      return longer;
    };
    write(this.#root, "");
    return cuts.filter((cut) => cut !== "");
  }

  #match(node: Node, at: number, next: Next): boolean {
    switch (node.kind) {
      case "char":
        return this.#takes(node.test, at) && next(at + 1);
      case "either":
        return node.options.some((parts) => this.#sequence(parts, 0, { at, next }));
      case "repeat":
        return node.node.kind === "char"
          ? this.#run(node.node.test, node, { at, next })
          : this.#repeat(node, 0, { at, next });
      case "edge":
        return this.#isEdge(node.written, at) && next(at);
      case "look": {
        const from = node.behind ? at - 1 : at;
        return (from >= 0 && this.#match(node.inner, from, () => true)) === node.wanted && next(at);
      }
    }
  }

  #takes(test: (char: string) => boolean, at: number): boolean {
    this.#steps++;
    return at < this.#text.length && test(this.#text[at]!);
  }

  #sequence(parts: readonly Node[], index: number, { at, next }: { at: number; next: Next }): boolean {
    const part = parts[index];
    if (!part) return next(at);
    return this.#match(part, at, (to) => this.#sequence(parts, index + 1, { at: to, next }));
  }

  #run(
    test: (char: string) => boolean,
    { min, max }: { readonly min: number; readonly max: number },
    { at, next }: { at: number; next: Next },
  ): boolean {
    let count = 0;
    while (count < max && this.#takes(test, at + count)) count++;
    for (; count >= min; count--) if (next(at + count)) return true;
    return false;
  }

  #repeat(
    node: Extract<Node, { kind: "repeat" }>,
    count: number,
    { at, next }: { at: number; next: Next },
  ): boolean {
    const again = (to: number) => to > at && this.#repeat(node, count + 1, { at: to, next });
    if (count < node.max && this.#match(node.node, at, again)) return true;
    return count >= node.min && next(at);
  }

  #isEdge(written: string, at: number): boolean {
    this.#steps++;
    if (written === "^") return at === 0;
    if (written === "$") return at === this.#text.length;
    const isWord = (index: number) => /^\w$/.test(this.#text[index] ?? "");
    return isWord(at - 1) !== isWord(at);
  }
}

const EXAMPLES = "Aa0-_ .:/\n\r\t\"'=@+bB1";

function exampleOf({ test, written }: Extract<Node, { kind: "char" }>): string {
  if (written.length === 1 && written !== ".") return written;
  const found = [...EXAMPLES, ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))].find(
    test,
  );
  if (found === undefined) throw new Error(`no example of ${written}`);
  return found;
}
