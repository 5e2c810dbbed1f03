import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../../src/core/events.ts";
import { createProgress } from "../../src/progress/create-progress.ts";
import type { ProgressMode } from "../../src/progress/printer.ts";
import { event, SMALL_BUILD } from "./events.ts";

function print(mode: ProgressMode, events: readonly BuildEvent[]): string {
  const written: string[] = [];
  const out = {
    write: (text: string) => void written.push(text),
    isTTY: true,
    columns: () => 80,
    rows: () => 24,
  };
  const printer = createProgress(mode, out);
  for (const each of events) printer.handle(each);
  printer.finish();
  return written.join("");
}

const parse = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("json progress", () => {
  it("writes every event as one object on one line, unchanged but for output as text", () => {
    const expected = SMALL_BUILD.map((each) =>
      each.type === "step.log" ? { ...each, data: new TextDecoder().decode(each.data) } : each,
    );
    expect(parse(print("json", SMALL_BUILD))).toEqual(expected);
  });

  it("joins characters that are cut in two, and marks one that never ends before the step does", () => {
    const events = [
      event.start(0, "a", "A"),
      event.log(1, "a", Uint8Array.of(0x41, 0xe2, 0x82)),
      event.log(2, "a", Uint8Array.of(0xac, 0xe2)),
      event.done(3, "a", 3),
    ];
    expect(parse(print("json", events)).map((each) => [each.type, each.data])).toEqual([
      ["step.start", undefined],
      ["step.log", "A"],
      ["step.log", "€"],
      ["step.log", "\ufffd"],
      ["step.done", undefined],
    ]);
  });
});

describe("quiet progress", () => {
  it("quiet writes the image id alone, none writes nothing", () => {
    expect(print("quiet", SMALL_BUILD)).toBe(`sha256:${"ab".repeat(32)}\n`);
    expect(print("none", SMALL_BUILD)).toBe("");
  });

  it("quiet writes nothing for a build that failed", () => {
    expect(
      print("quiet", [event.start(0, "a", "A"), event.error(1, "a", 1, "bad"), event.buildError(2)]),
    ).toBe("");
  });
});
