/** Where one of several texts stands in a longer one. */
export interface Occurrence {
  readonly start: number;
  readonly end: number;
}

interface State {
  readonly next: Map<string, State>;
  /** The state of the longest proper end of this one's text that some text begins with. */
  fallback: State | undefined;
  /** Length of the longest text that ends here. */
  length: number;
}

/**
 * Every occurrence of every text, the longest where several end at the same place, by their ends. Aho and Corasick's machine: its
 * work is that of reading texts and text once, however many texts there are.
 */
export function* occurrencesOf(texts: Iterable<string>, text: string): Generator<Occurrence> {
  const root = machineFor(texts);
  let state = root;
  for (let at = 0; at < text.length; at++) {
    state = follow(root, state, text[at]!);
    if (state.length > 0) yield { start: at + 1 - state.length, end: at + 1 };
  }
}

function machineFor(texts: Iterable<string>): State {
  const root = newState();
  for (const text of texts) {
    let state = root;
    for (let at = 0; at < text.length; at++) {
      const known = state.next.get(text[at]!);
      if (!known) state.next.set(text[at]!, newState());
      state = known ?? state.next.get(text[at]!)!;
    }
    state.length = text.length;
  }
  // Breadth first: what a state falls back to is shorter, and done.
  const queue: State[] = [root];
  for (const state of queue)
    for (const [char, child] of state.next) {
      child.fallback = state.fallback ? follow(root, state.fallback, char) : root;
      child.length ||= child.fallback.length;
      queue.push(child);
    }
  return root;
}

function newState(): State {
  return { next: new Map(), fallback: undefined, length: 0 };
}

function follow(root: State, from: State, char: string): State {
  for (let state: State | undefined = from; state; state = state.fallback) {
    const next = state.next.get(char);
    if (next) return next;
  }
  return root;
}
