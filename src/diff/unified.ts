import { editScript, type Region } from "./edit-script.ts";

/** Lines that are shown around a difference. */
const AROUND = 3;

/** Two texts, and the names that are written above their differences. */
export interface Texts {
  readonly beforeName: string;
  readonly afterName: string;
  readonly before: string;
  readonly after: string;
}

/** The differences between two texts as `diff -u` writes them, and `patch` reads them; empty where there are none. */
export function unifiedDiff({ beforeName, afterName, before, after }: Texts): string {
  const [old, now] = [linesOf(before), linesOf(after)];
  const groups = grouped(editScript(old, now));
  if (groups.length === 0) return "";
  return `--- ${beforeName}\n+++ ${afterName}\n${groups.map((group) => hunk(group, old, now)).join("")}`;
}

/** Lines with their ends. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/(?<=\n)/);
  return lines[0] === "" ? [] : lines;
}

/** Differences whose surroundings touch stand in one hunk. */
function grouped(regions: readonly Region[]): Region[][] {
  const groups: Region[][] = [];
  for (const region of regions) {
    const last = groups.at(-1);
    if (last && region.beforeStart - last.at(-1)!.beforeEnd <= 2 * AROUND) last.push(region);
    else groups.push([region]);
  }
  return groups;
}

function hunk(group: readonly Region[], old: readonly string[], now: readonly string[]): string {
  const [first, last] = [group[0]!, group.at(-1)!];
  const lead = Math.min(AROUND, first.beforeStart);
  const tail = Math.min(AROUND, old.length - last.beforeEnd);
  const lines: string[] = [];
  const put = (mark: string, source: readonly string[], from: number, to: number) => {
    for (let i = from; i < to; i++) lines.push(marked(mark, source[i]!));
  };
  let at = first.beforeStart - lead;
  for (const { beforeStart, beforeEnd, afterStart, afterEnd } of group) {
    put(" ", old, at, beforeStart);
    put("-", old, beforeStart, beforeEnd);
    put("+", now, afterStart, afterEnd);
    at = beforeEnd;
  }
  put(" ", old, at, last.beforeEnd + tail);
  const before = range(first.beforeStart - lead, last.beforeEnd + tail);
  const after = range(first.afterStart - lead, last.afterEnd + tail);
  return `@@ -${before} +${after} @@\n${lines.join("")}`;
}

/** An empty range names the line before it. */
function range(start: number, end: number): string {
  const count = end - start;
  if (count === 1) return String(start + 1);
  return `${count === 0 ? start : start + 1},${count}`;
}

function marked(mark: string, line: string): string {
  return line.endsWith("\n") ? mark + line : `${mark}${line}\n\\ No newline at end of file\n`;
}
