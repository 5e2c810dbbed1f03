/** Widths in terminal cells. Colour sequences have none. */

const COLOUR = /\u001b\[[0-9;:]*m/y;
const PRINTABLE_ASCII = /^[\u0020-\u007e]*$/;
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]$/u;
const EMOJI = /\p{Emoji_Presentation}|\ufe0f/u;
const TAB_STOP = 8;

/** East Asian Width W and F (Unicode Standard Annex 11), first and last code point of each range. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];

/** Cells that `text` takes on a terminal. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  return cells(text).reduce((sum, cell) => sum + cell.width, 0);
}

/** `text` cut to at most `width` cells, an ellipsis in place of what is missing; colours that are open at the cut are closed. */
export function fitWidth(text: string, width: number): string {
  if (width <= 0) return "";
  if (displayWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  let coloured = false;
  for (const cell of cells(text)) {
    if (used + cell.width > width - 1) break;
    out += cell.text;
    used += cell.width;
    coloured ||= cell.text.startsWith("\u001b");
  }
  return `${out}${coloured ? "\u001b[0m" : ""}…`;
}

/** `text` with blanks to the right up to `width` cells. */
export function padWidth(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - displayWidth(text)));
}

/** Tabs as blanks up to the next multiple of eight cells, so that a line's width does not depend on where it starts. */
export function expandTabs(text: string): string {
  if (!text.includes("\t")) return text;
  return text
    .split("\t")
    .reduce((line, part) => `${line}${" ".repeat(TAB_STOP - (displayWidth(line) % TAB_STOP))}${part}`);
}

interface Cell {
  readonly text: string;
  readonly width: number;
}

/** The smallest pieces that a cut must not split: colour sequences and user-perceived characters. */
function cells(text: string): Cell[] {
  const found: Cell[] = [];
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  for (let at = 0; at < text.length; ) {
    COLOUR.lastIndex = at;
    const colour = COLOUR.exec(text)?.[0];
    if (colour) {
      found.push({ text: colour, width: 0 });
      at += colour.length;
      continue;
    }
    const next = text.indexOf("\u001b", at + 1);
    const plain = text.slice(at, next < 0 ? text.length : next);
    for (const { segment } of segmenter.segment(plain))
      found.push({ text: segment, width: clusterWidth(segment) });
    at += plain.length;
  }
  return found;
}

function clusterWidth(cluster: string): number {
  if (EMOJI.test(cluster)) return 2;
  const first = String.fromCodePoint(cluster.codePointAt(0)!);
  if (ZERO_WIDTH.test(first)) return 0;
  const code = first.codePointAt(0)!;
  return WIDE.some(([from, to]) => code >= from && code <= to) ? 2 : 1;
}
