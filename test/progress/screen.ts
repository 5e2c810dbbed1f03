import { displayWidth } from "../../src/progress/display-width.ts";

/** Just enough of a terminal to see what a user would see: text, line feeds, cursor up, clearing, wrapping. */
export class Screen {
  /** Cells by row; the second cell of a wide character is an empty string. */
  readonly #lines: string[][] = [[]];
  cursorShown = true;
  /** Control sequences that were written and that this terminal does not know. */
  readonly unknown: string[] = [];
  columns: number;
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    for (const [token] of text.matchAll(/\u001b\[[0-9;?]*[A-Za-z]|\r|\n|[^\u001b\r\n]+|\u001b/g))
      this.#apply(token);
  }

  /** The screen and its history without blank lines at the end. */
  text(): string {
    return this.#lines
      .map((line) => line.join("").trimEnd())
      .join("\n")
      .trimEnd();
  }

  #apply(token: string): void {
    const up = /^\u001b\[(\d+)A$/.exec(token);
    if (token === "\n") this.#move(this.#row + 1, 0);
    else if (token === "\r") this.#column = 0;
    else if (up) this.#row = Math.max(0, this.#row - Number(up[1]));
    else if (token === "\u001b[K") this.#clearLine();
    else if (token === "\u001b[J") this.#clearBelow();
    else if (token === "\u001b[?25l" || token === "\u001b[?25h") this.cursorShown = token.endsWith("h");
    else if (token.startsWith("\u001b")) this.unknown.push(token);
    else for (const character of token) this.#print(character);
  }

  #print(character: string): void {
    const width = displayWidth(character);
    if (this.#column + width > this.columns) this.#move(this.#row + 1, 0);
    const line = this.#lines[this.#row]!;
    while (line.length < this.#column) line.push(" ");
    line[this.#column] = character;
    if (width === 2) line[this.#column + 1] = "";
    this.#column += width;
  }

  #clearLine(): void {
    const line = this.#lines[this.#row]!;
    line.length = Math.min(line.length, this.#column);
  }

  #clearBelow(): void {
    this.#clearLine();
    this.#lines.length = this.#row + 1;
  }

  #move(row: number, column: number): void {
    while (this.#lines.length <= row) this.#lines.push([]);
    this.#row = row;
    this.#column = column;
  }
}
