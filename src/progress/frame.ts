import { displayWidth, expandTabs, fitWidth, padWidth } from "./display-width.ts";
import { formatBytes, formatDuration } from "./measures.ts";
import type { RunningStep, RunningSteps, Transfer } from "./running-steps.ts";
import { TAIL_LINES } from "./running-steps.ts";

const BAR_CELLS = 20;
const TRANSFERS_SHOWN = 4;

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** SGR colours, or nothing where the terminal should stay plain. */
export interface Palette {
  paint(text: string, colour: "blue" | "red" | "yellow" | "dim"): string;
}

const CODES = { blue: 34, red: 31, yellow: 33, dim: 2 } as const;

export const COLOURS: Palette = { paint: (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m` };
export const NO_COLOURS: Palette = { paint: (text) => text };

/** The lines of the live part of the screen at time `now` (ms since the build began): never wider or taller than the screen. */
export function drawFrame(steps: RunningSteps, now: number, size: FrameSize, palette: Palette): string[] {
  const { running } = steps;
  const header = `[+] Building ${formatDuration(now)} (${steps.finished}/${steps.total})`;
  const space = Math.max(1, size.rows - 2);
  const shown = running.slice(0, running.length > space ? space - 1 : space);
  const spare = space - shown.length - (shown.length < running.length ? 1 : 0);
  const details = shareRows(
    shown.map((step) => detailLines(step, palette)),
    spare,
  );
  const lines = [fitWidth(palette.paint(header, "blue"), size.columns)];
  shown.forEach((step, index) => {
    lines.push(stepLine(step.name, formatDuration(now - step.started), size.columns));
    for (const detail of details[index]!) lines.push(fitWidth(` => => ${detail}`, size.columns));
  });
  const hidden = running.length - shown.length;
  if (hidden > 0) lines.push(fitWidth(` => … and ${hidden} more`, size.columns));
  return lines;
}

/** ` => name            1.2s`: the time at the right edge, the name cut where it does not fit. */
export function stepLine(name: string, time: string, columns: number): string {
  const width = columns - displayWidth(time) - 1;
  return width < 8
    ? fitWidth(` => ${name}`, columns)
    : `${padWidth(fitWidth(` => ${name}`, width), width)} ${time}`;
}

/** Why the step runs, its transfers, and the end of its output; the most telling line last. */
function detailLines(step: RunningStep, palette: Palette): string[] {
  const transfers = [...step.transfers.values()].filter((transfer) => transfer.current !== transfer.total);
  const more = transfers.length - TRANSFERS_SHOWN;
  return [
    ...(step.miss ? [palette.paint(step.miss, "dim")] : []),
    ...transfers.slice(0, TRANSFERS_SHOWN).map(transferLine),
    ...(more > 0 ? [`… ${more} more`] : []),
    ...step.tail.map(expandTabs),
  ].slice(-TAIL_LINES);
}

function transferLine({ item, current, total }: Transfer): string {
  const name = padWidth(fitWidth(item, 24), 24);
  if (total === undefined || total === 0) return `${name} ${formatBytes(current)}`;
  const done = Math.min(BAR_CELLS, Math.floor((current / total) * BAR_CELLS));
  return `${name} [${"=".repeat(done)}${" ".repeat(BAR_CELLS - done)}] ${formatBytes(current)} / ${formatBytes(total)}`;
}

/** Gives each list as many of its last lines as fit into `rows` together, the short lists first. */
function shareRows(lists: readonly (readonly string[])[], rows: number): string[][] {
  const byLength = lists.map((_, index) => index).sort((a, b) => lists[a]!.length - lists[b]!.length);
  const shares = lists.map(() => 0);
  let left = Math.max(0, rows);
  byLength.forEach((index, position) => {
    shares[index] = Math.min(lists[index]!.length, Math.floor(left / (byLength.length - position)));
    left -= shares[index]!;
  });
  return lists.map((list, index) => (shares[index] === 0 ? [] : list.slice(-shares[index]!)));
}
