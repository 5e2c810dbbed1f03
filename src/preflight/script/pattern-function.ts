import { type Automaton, automatonOf, DEAD } from "../automaton.ts";
import { OTHER } from "../value-pattern.ts";
import { comment, quoted } from "./quote.ts";

/**
 * A shell function that ends with 0 where the whole of its argument matches the pattern. It needs nothing but the shell: the pattern's
 * machine looks at one character after the other.
 */
export function patternFunction(name: string, pattern: string): string {
  const machine = automatonOf(pattern);
  const controls = controlsIn(machine);
  const accepting = machine.accepting.flatMap((accepts, state) => (accepts ? [String(state)] : []));
  return [
    comment(`The whole of a value matches: ${pattern}`),
    `${name}() (`,
    "  LC_ALL=C",
    ...controls.map((symbol) => `  ${nameOf(symbol)}=$(printf '\\${symbol.toString(8).padStart(3, "0")}')`),
    "  pf_state=0 pf_rest=$1",
    '  while [ -n "$pf_rest" ]; do',
    "    pf_next=${pf_rest#?}",
    '    pf_letter=${pf_rest%"$pf_next"}',
    "    pf_rest=$pf_next",
    "    case $pf_state:$pf_letter in",
    ...machine.next.flatMap((_, state) => branches(machine, state)),
    "      *) exit 1 ;;",
    "    esac",
    "  done",
    ...(accepting.length === 0
      ? ["  exit 1"]
      : ["  case $pf_state in", `    ${accepting.join(" | ")}) exit 0 ;;`, "    *) exit 1 ;;", "  esac"]),
    ")",
  ].join("\n");
}

/** The symbols that lead elsewhere than everything that is not named, by where they lead. */
function exceptions({ next }: Automaton, state: number): ReadonlyMap<number, readonly number[]> {
  const targets = next[state]!;
  const groups = new Map<number, number[]>();
  // NUL cannot be in a value.
  for (let symbol = 1; symbol < OTHER; symbol++) {
    const target = targets[symbol]!;
    if (target !== targets[OTHER]) groups.set(target, [...(groups.get(target) ?? []), symbol]);
  }
  return groups;
}

/** What a state does with each character: those that are named first, then all others. */
function branches(machine: Automaton, state: number): string[] {
  const otherwise = machine.next[state]![OTHER]!;
  const action = (target: number) => (target === DEAD ? "exit 1" : `pf_state=${target}`);
  return [
    ...[...exceptions(machine, state)].map(
      ([target, symbols]) => `      ${labels(state, symbols)}) ${action(target)} ;;`,
    ),
    ...(otherwise === DEAD ? [] : [`      ${state}:*) ${action(otherwise)} ;;`]),
  ];
}

/** Control characters that are named: a script should not contain them, but for the line feed, which a command cannot give. */
function controlsIn(machine: Automaton): readonly number[] {
  const named = machine.next.flatMap((_, state) => [...exceptions(machine, state).values()].flat());
  return [...new Set(named)].filter((symbol) => isControl(symbol)).sort((a, b) => a - b);
}

function isControl(symbol: number): boolean {
  return (symbol < 32 && symbol !== 10) || symbol === 127;
}

function nameOf(control: number): string {
  return `pf_character_${control}`;
}

const RANGES: readonly (readonly [string, string])[] = [
  ["0", "9"],
  ["A", "Z"],
  ["a", "z"],
];

/** Whole ranges of letters and digits as a bracket, every other character by itself. */
function labels(state: number, symbols: readonly number[]): string {
  const rest = new Set(symbols);
  const brackets: string[] = [];
  for (const [first, last] of RANGES) {
    const from = first.charCodeAt(0);
    const all = Array.from({ length: last.charCodeAt(0) - from + 1 }, (_, i) => from + i);
    if (!all.every((symbol) => rest.has(symbol))) continue;
    for (const symbol of all) rest.delete(symbol);
    brackets.push(`${first}-${last}`);
  }
  const word = (symbol: number) =>
    isControl(symbol) ? `"$${nameOf(symbol)}"` : quoted(String.fromCharCode(symbol));
  return [
    ...(brackets.length > 0 ? [`${state}:[${brackets.join("")}]`] : []),
    ...[...rest].map((symbol) => `${state}:${word(symbol)}`),
  ].join(" | ");
}
