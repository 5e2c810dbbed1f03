import type { ChangedInput } from "../core/events.ts";
import { printableName } from "../core/file-name.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { looksSecret } from "../core/secret-name.ts";
import type { Field, InputEntry, InputFiles, StepInputs } from "./inputs.ts";

export interface MissExplanation {
  readonly reason: string;
  readonly changed: readonly ChangedInput[];
}

/**
 * Says why a step missed: compares its inputs with those of the last run in the same place of the same Dockerfile.
 * `parentReason` names the step above that ran again, where one did.
 */
export function explainMiss(
  before: StepInputs | undefined,
  now: StepInputs,
  parentReason?: string,
): MissExplanation {
  if (!before) return { reason: "first build of this step", changed: [{ kind: "first-build", name: "" }] };
  const changed = compareInputs(before, now, parentReason);
  if (changed.length === 0)
    return {
      reason: "the result of the last build is no longer in the store",
      changed: [{ kind: "evicted", name: "" }],
    };
  const shown = changed.slice(0, 3).map(describe).join("; ");
  return { reason: changed.length > 3 ? `${shown}; and ${changed.length - 3} more` : shown, changed };
}

const OTHER_KIND = "another instruction was at this place";

const OTHER_VERSION = "another version of slipway made the last result";

function kindOf({ tag }: StepInputs): string {
  return tag.replace(/(-link)?\/.*$/, "");
}

function versionOf({ tag }: StepInputs): string {
  return tag.replace(/^.*\//, "");
}

/** All differences, the most telling first: instruction, files, arguments, environment, options, then the parent. */
export function compareInputs(before: StepInputs, now: StepInputs, parentReason?: string): ChangedInput[] {
  // Inputs of steps of two kinds have nothing in common that could be compared.
  if (kindOf(before) !== kindOf(now))
    return [{ kind: "instruction", name: OTHER_KIND, before: kindOf(before), after: kindOf(now) }];
  const names = new Set([...Object.keys(before.fields), ...Object.keys(now.fields)]);
  const changed: ChangedInput[] = [
    ...(versionOf(before) === versionOf(now)
      ? []
      : [{ kind: "option", name: OTHER_VERSION, before: before.tag, after: now.tag } as const]),
    ...[...names].flatMap((name) => compareField(name, before.fields[name], now.fields[name])),
    ...compareFiles(before.files, now.files),
  ];
  if (before.parent !== now.parent)
    changed.push({
      kind: parentReason ? "parent" : "base",
      name: parentReason ?? "the layers below differ",
    });
  const order = ["instruction", "file", "argument", "environment", "option", "base", "parent"];
  return changed.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function compareField(name: string, before: Field | undefined, now: Field | undefined): ChangedInput[] {
  if (JSON.stringify(before) === JSON.stringify(now)) return [];
  if (name === "env" && Array.isArray(before) && Array.isArray(now))
    return comparePairs("environment", before, now);
  if (name === "args" && Array.isArray(before) && Array.isArray(now))
    return comparePairs("argument", before, now);
  const kind = name === "argv" || name === "sources" || name === "destination" ? "instruction" : "option";
  return [
    {
      kind,
      name,
      ...(before === undefined ? {} : { before: text(before) }),
      ...(now === undefined ? {} : { after: text(now) }),
    },
  ];
}

function comparePairs(
  kind: "environment" | "argument",
  before: readonly string[],
  now: readonly string[],
): ChangedInput[] {
  const old = new Map(before.map(split));
  const fresh = new Map(now.map(split));
  const changed: ChangedInput[] = [];
  for (const name of new Set([...old.keys(), ...fresh.keys()])) {
    const hide = looksSecret(name) ? hidden : redacted;
    const a = hide(old.get(name));
    const b = hide(fresh.get(name));
    if (old.get(name) !== fresh.get(name))
      changed.push({
        kind,
        name,
        ...(a === undefined ? {} : { before: a }),
        ...(b === undefined ? {} : { after: b }),
      });
  }
  return changed.length > 0 ? changed : [{ kind, name: "order of the variables" }];
}

/** Explanations end up in the logs of build servers, where no password may stand. */
function hidden(value: string | undefined): string | undefined {
  return value === undefined ? undefined : "****";
}

/** A password may also stand in the middle of a value: that of a database's address, that of a proxy. */
function redacted(value: string | undefined): string | undefined {
  return value === undefined ? undefined : redactCredentials(value);
}

function compareFiles(before: readonly InputFiles[], now: readonly InputFiles[]): ChangedInput[] {
  return Array.from({ length: Math.max(before.length, now.length) }, (_, set) =>
    compareEntries(before[set]?.entries ?? [], now[set]?.entries ?? []),
  ).flat();
}

type Sides = { before?: string; after?: string };

/** What is on one side only, or differs: in the order of `now`, then what is gone. Both are gone through in step, and only what does not meet is kept. */
function compareEntries(before: Iterable<InputEntry>, now: Iterable<InputEntry>): ChangedInput[] {
  const unmet = { before: new Map<string, string>(), after: new Map<string, string>() };
  const changed = new Map<string, Sides>();
  const meet = (side: "before" | "after", [path, content]: InputEntry): void => {
    const otherSide = side === "before" ? "after" : "before";
    const other = unmet[otherSide].get(path);
    if (other === undefined) {
      unmet[side].set(path, content);
      if (side === "after") changed.set(path, { after: content });
      return;
    }
    unmet[otherSide].delete(path);
    if (other === content) changed.delete(path);
    else
      changed.set(
        path,
        side === "before" ? { before: content, after: other } : { before: other, after: content },
      );
  };
  for (const [old, fresh] of inStep(before, now)) {
    if (old && fresh && old[0] === fresh[0] && old[1] === fresh[1]) continue;
    if (fresh) meet("after", fresh);
    if (old) meet("before", old);
  }
  for (const [path, content] of unmet.before) changed.set(path, { before: content });
  return [...changed].map(([path, sides]) => ({ kind: "file", name: path || "/", ...sides }));
}

function* inStep<T>(a: Iterable<T>, b: Iterable<T>): Generator<[T | undefined, T | undefined]> {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [left.next(), right.next()];
    if (x.done && y.done) return;
    yield [x.done ? undefined : x.value, y.done ? undefined : y.value];
  }
}

function describe(change: ChangedInput): string {
  const name = printableName(change.name);
  switch (change.kind) {
    case "file":
      return `file ${name} ${change.before === undefined ? "was added" : change.after === undefined ? "was removed" : fileChange(change.before, change.after)}`;
    case "argument":
    case "environment":
      return `${change.kind === "argument" ? "build argument" : "variable"} ${name} changed${values(change)}`;
    case "instruction":
      return change.name === OTHER_KIND ? OTHER_KIND : `the instruction changed${values(change)}`;
    case "option":
      return change.name === OTHER_VERSION ? OTHER_VERSION : `${name} changed${values(change)}`;
    case "base":
      return "the base changed";
    case "parent":
      return name.startsWith("the ") ? name : `an earlier step ran again: ${name}`;
    case "no-cache":
      return "the cache was switched off for it";
    case "first-build":
      return "first build of this step";
    case "evicted":
      return "the result of the last build is no longer in the store";
    default:
      return change.kind satisfies never;
  }
}

/** Which part of a file's identity differs: its bytes, its mode or its owner. */
function fileChange(before: string, after: string): string {
  const [typeA, modeA, ownerA, ...restA] = before.split(" ");
  const [typeB, modeB, ownerB, ...restB] = after.split(" ");
  if (typeA !== typeB) return "changed its type";
  if (restA.join(" ") !== restB.join(" ")) return "changed";
  if (modeA !== modeB) return `changed its mode from ${modeA} to ${modeB}`;
  return ownerA === ownerB ? "changed" : `changed its owner from ${ownerA} to ${ownerB}`;
}

function values({ before, after }: ChangedInput): string {
  if (before === undefined || after === undefined)
    return before === undefined ? " (was not set)" : " (is no longer set)";
  return `: ${clip(before)} -> ${clip(after)}`;
}

function clip(value: string): string {
  const safe = printableName(value);
  return safe.length > 60 ? `${safe.slice(0, 57)}...` : safe;
}

function text(field: Field): string {
  return redactCredentials(Array.isArray(field) ? field.join(" ") : String(field));
}

function split(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}
