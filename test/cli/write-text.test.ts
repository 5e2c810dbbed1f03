import { expect, it } from "vitest";
import { writeText } from "../../src/cli/write-text.ts";

function written(text: string, isTTY: boolean): string {
  let all = "";
  writeText(
    {
      isTTY,
      write: (part: string) => {
        all += part;
        return true;
      },
    } as NodeJS.WriteStream,
    text,
  );
  return all;
}

const HOSTILE = "a\tb\u001b[31mc\u009b2J\u202e\u0007\nd\n";

it("a program gets texts of images as they are", () => {
  expect(written(HOSTILE, false)).toBe(HOSTILE);
});

it("on a terminal their control characters are visible, tabs and line feeds stay", () => {
  expect(written(HOSTILE, true)).toBe("a\tb\\x1b[31mc\\x9b2J\\u202e\\x07\nd\n");
});
