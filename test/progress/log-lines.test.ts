import { describe, expect, it } from "vitest";
import { LogLines } from "../../src/progress/log-lines.ts";
import { fc } from "../support/property.ts";

function lines(...chunks: (string | Uint8Array)[]): string[] {
  const splitter = new LogLines();
  const encode = (chunk: string | Uint8Array) =>
    typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  return [...chunks.flatMap((chunk) => splitter.push(encode(chunk))), ...splitter.end()];
}

describe("lines of a log", () => {
  it("ends lines at LF and CR LF and keeps empty ones", () => {
    expect(lines("a\n\nb\r\n\r\nc")).toEqual(["a", "", "b", "", "c"]);
  });

  it("takes a CR LF that is cut in two for one line end", () => {
    expect(lines("a\r", "\nb\n")).toEqual(["a", "b"]);
  });

  it("gives every picture of a line that is redrawn with CR", () => {
    expect(lines("10%\r50%\r", "100%\ndone\n")).toEqual(["10%", "50%", "100%", "done"]);
  });

  it("puts characters together that are cut in two, and marks bytes that are no UTF-8", () => {
    expect(lines(Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac, 0x0a, 0xff))).toEqual(["€", "\ufffd"]);
  });

  it("ends a line without end after a while, and searches nothing twice", () => {
    const chunk = "x".repeat(64 * 1024);
    const made = lines(...Array.from({ length: 200 }, () => chunk), "\n", "y\n");
    expect(made.slice(0, -1).every((line) => line.length < 2 ** 21 && /^x+$/.test(line))).toBe(true);
    expect(made.slice(0, -1).join("").length).toBe(200 * chunk.length);
    expect(made.at(-1)).toBe("y");
  });

  it("gives the same lines wherever the bytes are cut", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "\n", "\r", "\r\n") });
    fc.assert(
      fc.property(text, fc.integer({ min: 0, max: 60 }), (whole, at) => {
        const bytes = new TextEncoder().encode(whole);
        expect(lines(bytes.subarray(0, at), bytes.subarray(at))).toEqual(lines(bytes));
      }),
    );
  });
});
