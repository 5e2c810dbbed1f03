import { isMap, isScalar, LineCounter, type Node, type ParsedNode, parseDocument } from "yaml";
import type { ValuePath, ValueProblem } from "./check-value.ts";

/** One mistake with its place, from 1. */
export interface LocatedProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** Tells line and column of an offset. */
type PlaceOf = (offset: number) => Pick<LocatedProblem, "line" | "column">;

/** More than these helps nobody. */
const MOST = 20;

/**
 * The mistakes of a lock with their lines: those that were found in its values, else what is wrong with it as JSON, of which every
 * document is YAML, too, whose reader knows where things are. Empty where nothing is wrong.
 */
export function locate(text: string, problems: readonly ValueProblem[]): readonly LocatedProblem[] {
  const lines = new LineCounter();
  const placeOf: PlaceOf = (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const marker = /^(<{7}|={7}|>{7})/m.exec(text);
  if (marker)
    return [
      {
        ...placeOf(marker.index),
        message: "a merge left its marks here",
        hint: "take either side, and run slipway lock",
      },
    ];
  const wrong = document.errors.map(({ pos, code, message }) => ({
    ...placeOf(pos[0]),
    message: code === "DUPLICATE_KEY" ? "this name is there twice" : message,
  }));
  const found = wrong.length > 0 ? wrong : brokenJson(text, placeOf);
  if (found.length > 0) return found.slice(0, MOST);
  return problems
    .map(({ path, message, hint, isName }) => ({
      ...placeOf(offsetOf(document.contents, path, isName === true)),
      message,
      ...(hint ? { hint } : {}),
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .slice(0, MOST);
}

/** What is YAML and no JSON. */
function brokenJson(text: string, placeOf: PlaceOf): readonly LocatedProblem[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const { message } = error as Error;
    const offset = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    return [{ ...placeOf(offset), message: `this is no JSON: ${message}` }];
  }
}

/** Where the value of a path begins, or its name; that of what is around it, where it is not there. */
function offsetOf(root: ParsedNode | null, path: ValuePath, wantsName: boolean): number {
  let node: Node | null = root;
  let offset = root?.range[0] ?? 0;
  for (const [i, name] of path.entries()) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === name);
    if (!pair) break;
    const key = pair.key as Node;
    const value = pair.value as Node | null;
    const isLast = i === path.length - 1;
    offset = (wantsName && isLast ? key.range : (value?.range ?? key.range))?.[0] ?? offset;
    node = value;
  }
  return offset;
}
