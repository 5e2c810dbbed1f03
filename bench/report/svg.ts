/** Pieces of a picture. Everything is text in a fixed coordinate system, one unit a pixel. */

export const COLOURS = {
  slipway: "#0b7285",
  rootless: "#66b2bd",
  docker: "#8a8f98",
  buildah: "#c9a227",
} as const;
const INK = "#222";

export function picture(width: number, height: number, parts: readonly string[]): string {
  const style = `text { font: 12px sans-serif; fill: ${INK}; } .title { font-size: 14px; font-weight: bold; } .small { font-size: 10px; }`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

export interface TextOptions {
  readonly anchor?: "start" | "middle" | "end";
  readonly kind?: "title" | "small";
}

export function text(x: number, y: number, words: string, { anchor, kind }: TextOptions = {}): string {
  const more = `${anchor ? ` text-anchor="${anchor}"` : ""}${kind ? ` class="${kind}"` : ""}`;
  return `<text x="${round(x)}" y="${round(y)}"${more}>${escape(words)}</text>`;
}

export function bar(
  x: number,
  y: number,
  { width, height, colour }: { width: number; height: number; colour: string },
): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(1, width))}" height="${height}" fill="${colour}"/>`;
}

export function line(
  from: readonly [number, number],
  to: readonly [number, number],
  colour = "#ddd",
): string {
  return `<line x1="${round(from[0])}" y1="${round(from[1])}" x2="${round(to[0])}" y2="${round(to[1])}" stroke="${colour}"/>`;
}

export function polyline(points: readonly (readonly [number, number])[], colour: string): string {
  const dots = points.map(([x, y]) => `<circle cx="${round(x)}" cy="${round(y)}" r="3" fill="${colour}"/>`);
  const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
  return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots].join("\n");
}

/** From values to places, by their logarithms. Both ends of `values` must be above 0. */
export function logScale(values: readonly [number, number], places: readonly [number, number]) {
  const [low, high] = [Math.log(values[0]), Math.log(values[1])];
  return (value: number) =>
    places[0] + ((Math.log(Math.max(value, values[0])) - low) / (high - low || 1)) * (places[1] - places[0]);
}

/** Powers of ten around all values: where an axis begins, ends, and is marked. */
export function decades(values: readonly number[]): readonly number[] {
  const positive = values.filter((value) => value > 0);
  const from = Math.floor(Math.log10(Math.min(1, ...positive)));
  const to = Math.ceil(Math.log10(Math.max(1, ...positive)));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
