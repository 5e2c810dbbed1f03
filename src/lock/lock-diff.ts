import {
  encodeLock,
  type ImageEntry,
  LOCK_SECTIONS,
  type LockEntries,
  type LockSection,
} from "./lock-entries.ts";

/** What is different about one source. */
export interface LockChange {
  readonly kind: "added" | "changed" | "removed";
  readonly section: LockSection;
  readonly name: string;
  /** What the lock says; absent for what was added. */
  readonly before?: Entry;
  /** What it should say; absent for what was removed. */
  readonly after?: Entry;
}

type Entry = LockEntries[LockSection][string];

/** What leads from one lock to another, by kind and name of the source; empty where they say the same. */
export function diffLocks(before: LockEntries, after: LockEntries): readonly LockChange[] {
  return LOCK_SECTIONS.flatMap((section) => {
    const [old, now] = [before[section], after[section]] as readonly Readonly<Record<string, Entry>>[];
    const names = [...new Set([...Object.keys(old!), ...Object.keys(now!)])].sort();
    return names.flatMap((name): LockChange[] => {
      const [was, is] = [own(old!, name), own(now!, name)];
      if (was === undefined) return [{ kind: "added", section, name, after: is! }];
      if (is === undefined) return [{ kind: "removed", section, name, before: was }];
      return isSame(section, was, is) ? [] : [{ kind: "changed", section, name, before: was, after: is }];
    });
  });
}

function own(table: Readonly<Record<string, Entry>>, name: string): Entry | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function isSame(section: LockSection, a: Entry, b: Entry): boolean {
  const alone = (entry: Entry) => encodeLock({ images: {}, urls: {}, git: {}, [section]: { x: entry } });
  return alone(a) === alone(b);
}

const KIND_MARKS = { added: "+", changed: "~", removed: "-" } as const;
const SECTION_WORDS: Readonly<Record<LockSection, string>> = { images: "image", urls: "url", git: "git" };

/** For people: a line for each source, and below it what it was and what it is. */
export function diffText(changes: readonly LockChange[]): string {
  return changes
    .flatMap(({ kind, section, name, before, after }) => [
      `${KIND_MARKS[kind]} ${SECTION_WORDS[section]} ${name}`,
      ...factLines(before && factsOf(before), after && factsOf(after)),
    ])
    .map((line) => `${line}\n`)
    .join("");
}

function factLines(before: Facts = {}, after: Facts = {}): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was !== undefined && is !== undefined)
      return was === is ? [] : [`    ${name}: ${was}`, `    ${" ".repeat(name.length - 1)}-> ${is}`];
    return [
      `    ${name}: ${was ?? is}${was === undefined && Object.keys(before).length > 0 ? " (new)" : ""}`,
    ];
  });
}

type Facts = Readonly<Record<string, string>>;

function factsOf(entry: Entry): Facts {
  const { platforms = {}, ...own } = entry as Partial<ImageEntry>;
  return Object.fromEntries(
    Object.entries({ ...own, ...platforms }).map(([name, value]) => [name, String(value)]),
  );
}
