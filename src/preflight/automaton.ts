import {
  OTHER,
  PatternError,
  type PatternNode,
  parsePattern,
  SYMBOLS,
  type SymbolSet,
} from "./value-pattern.ts";

/** A pattern as a machine that needs one look at each byte: the same here and in a shell. The first state is 0. */
export interface Automaton {
  readonly accepting: readonly boolean[];
  /** For each state the next one by symbol; `DEAD` where no match is possible any more. */
  readonly next: readonly Int16Array[];
}

export const DEAD = -1;

/** Larger ones would make entry scripts of hundreds of lines. */
const MOST_STATES = 200;
const MOST_PARTS = 4000;

/** The machine of a pattern (see `parsePattern`). Throws `PatternError`, also where it would be too large. Pure. */
export function automatonOf(pattern: string): Automaton {
  const graph = new Graph();
  const end = graph.add(parsePattern(pattern), graph.state());
  return determined(graph, end);
}

/** Whether the whole of `text` matches; a character beyond ASCII counts as the bytes of its UTF-8 form. */
export function matches({ accepting, next }: Automaton, text: string): boolean {
  let state = 0;
  for (const byte of Buffer.from(text)) {
    state = next[state]![Math.min(byte, OTHER)]!;
    if (state === DEAD) return false;
  }
  return accepting[state]!;
}

/** A machine that may be in several states at once; state 0 is the first. */
class Graph {
  readonly free: number[][] = [];
  readonly edges: { readonly symbols: SymbolSet; readonly to: number }[][] = [];

  state(): number {
    if (this.free.length >= MOST_PARTS) throw tooLarge();
    this.edges.push([]);
    return this.free.push([]) - 1;
  }

  /** Adds what matches `node` behind the state `from`, and gives the state behind it. */
  add(node: PatternNode, from: number): number {
    switch (node.kind) {
      case "set": {
        const to = this.state();
        this.edges[from]!.push({ symbols: node.symbols, to });
        return to;
      }
      case "sequence":
        return node.parts.reduce((at, part) => this.add(part, at), from);
      case "choice": {
        const end = this.state();
        for (const part of node.parts) this.free[this.add(part, this.#behind(from))]!.push(end);
        return end;
      }
      case "repeat":
        return this.#repeat(node, from);
      default:
        return node satisfies never;
    }
  }

  #repeat({ part, least, most }: Extract<PatternNode, { kind: "repeat" }>, from: number): number {
    let at = from;
    for (let i = 0; i < least; i++) at = this.add(part, at);
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.#behind(at);
      const end = this.add(part, start);
      this.free[end]!.push(start);
      return this.#behind(start);
    }
    const end = this.state();
    for (let i = least; i < most; i++) {
      this.free[at]!.push(end);
      at = this.add(part, at);
    }
    this.free[at]!.push(end);
    return end;
  }

  /** A new state that costs no symbol. */
  #behind(from: number): number {
    const state = this.state();
    this.free[from]!.push(state);
    return state;
  }
}

/** The same as a machine that is in one state at a time. */
function determined(graph: Graph, end: number): Automaton {
  const numbers = new Map<string, number>();
  const sets: (readonly number[])[] = [];
  const number = (states: Iterable<number>): number => {
    const closed = closure(graph, states);
    const key = closed.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    if (sets.length >= MOST_STATES) throw tooLarge();
    numbers.set(key, sets.length);
    return sets.push(closed) - 1;
  };
  number([0]);
  const next: Int16Array[] = [];
  for (let at = 0; at < sets.length; at++) {
    const edges = sets[at]!.flatMap((state) => graph.edges[state]!);
    next.push(
      Int16Array.from({ length: SYMBOLS }, (_, symbol) => {
        const mask = 1n << BigInt(symbol);
        const targets = edges.filter(({ symbols }) => (symbols & mask) !== 0n).map(({ to }) => to);
        return targets.length === 0 ? DEAD : number(targets);
      }),
    );
  }
  return { next, accepting: sets.map((states) => states.includes(end)) };
}

function closure({ free }: Graph, states: Iterable<number>): readonly number[] {
  const found = new Set(states);
  for (const state of found) for (const to of free[state]!) found.add(to);
  return [...found].sort((a, b) => a - b);
}

function tooLarge(): PatternError {
  return new PatternError("it is too complicated: give fewer alternatives or smaller repetitions");
}
