import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../../src/core/events.ts";
import { RawJsonPrinter } from "../../src/progress/rawjson.ts";
import { event } from "./events.ts";

const START = Date.parse("2026-01-02T03:04:05Z");
const at = (ms: number) => new Date(START + ms).toISOString();
const decoded = (text: string) => Buffer.from(text, "base64").toString("utf8");

function statuses(events: readonly BuildEvent[]) {
  const lines: string[] = [];
  const printer = new RawJsonPrinter({ write: (text) => void lines.push(text) }, () => START);
  for (const each of events) printer.handle(each);
  printer.finish();
  expect(lines.every((line) => line.endsWith("\n") && line.indexOf("\n") === line.length - 1)).toBe(true);
  return lines.map((line) => JSON.parse(line));
}

const PLAN: BuildEvent = {
  type: "plan",
  time: 0,
  stages: [
    {
      index: 0,
      base: "busybox",
      steps: [
        { id: "0.0", name: "RUN a" },
        { id: "0.1", name: "RUN b" },
      ],
    },
  ],
  skippedStages: [],
};

describe("rawjson progress", () => {
  it("CL-07: steps are vertexes with digests, inputs and times", () => {
    const [plan, cached, started, done] = statuses([
      PLAN,
      event.cached(1, "0.0", "RUN a"),
      event.start(2, "0.1", "RUN b"),
      event.miss(2, "0.1", "not shown"),
      event.done(9, "0.1", 7),
    ]);
    const [a, b] = plan.vertexes;
    expect(a).toEqual({ digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), name: "RUN a" });
    expect(b).toEqual({ digest: expect.any(String), name: "RUN b", inputs: [a.digest] });
    expect(cached.vertexes).toEqual([{ ...a, started: at(1), completed: at(1), cached: true }]);
    expect(started.vertexes).toEqual([{ ...b, started: at(2) }]);
    expect(done.vertexes).toEqual([{ ...b, started: at(2), completed: at(9) }]);
  });

  it("CL-07: failures, cancellations and steps that no plan names", () => {
    const all = statuses([
      event.start(0, "x", "X"),
      event.start(0, "y", "Y"),
      event.error(3, "x", 3, "it broke"),
      { type: "step.cancelled", time: 4, id: "y" },
    ]).map(({ vertexes }) => vertexes[0]);
    expect(all[2]).toMatchObject({ name: "X", completed: at(3), error: "it broke" });
    expect(all[3]).toMatchObject({ name: "Y", completed: at(4), error: "context canceled" });
  });

  it("CL-07: output keeps its bytes and its stream", () => {
    const [{ vertexes }, one, two] = statuses([
      event.start(0, "x", "X"),
      event.log(1, "x", Uint8Array.of(0xff, 0x0a)),
      event.log(2, "x", "err", "stderr"),
    ]);
    const vertex = vertexes[0].digest;
    expect(one.logs).toEqual([{ vertex, stream: 1, data: "/wo=", timestamp: at(1) }]);
    expect(two.logs).toEqual([{ vertex, stream: 2, data: "ZXJy", timestamp: at(2) }]);
  });

  it("CL-07: transfers are statuses, complete when they reach their total", () => {
    const progress = (time: number, current: number): BuildEvent => ({
      type: "step.progress",
      time,
      id: "x",
      item: "blob",
      current,
      total: 9,
    });
    const [, one, two] = statuses([event.start(0, "x", "X"), progress(1, 4), progress(5, 9)]).map(
      (status) => status.statuses?.[0],
    );
    expect(one).toMatchObject({ id: "blob", current: 4, total: 9, started: at(1), timestamp: at(1) });
    expect(one).not.toHaveProperty("completed");
    expect(two).toMatchObject({ current: 9, started: at(1), timestamp: at(5), completed: at(5) });
  });

  it("CL-07, LN-01: findings have their rule, their place and the file", () => {
    const source = { file: "Dockerfile", start: 2, end: 3 };
    const [{ warnings }] = statuses([
      { type: "build.start", time: 0, dockerfile: "Dockerfile", text: "FROM a\n" },
      { type: "warning", time: 1, rule: "Rule", message: "why", source, url: "https://x/rule/" },
    ]);
    expect(warnings).toEqual([
      {
        vertex: expect.any(String),
        level: 1,
        short: expect.any(String),
        url: "https://x/rule/",
        sourceInfo: { filename: "Dockerfile", data: expect.any(String), language: "Dockerfile" },
        range: [
          { start: { line: 2 }, end: { line: 2 } },
          { start: { line: 3 }, end: { line: 3 } },
        ],
      },
    ]);
    expect(decoded(warnings[0].short)).toBe("Rule: why (line 2)");
    expect(decoded(warnings[0].sourceInfo.data)).toBe("FROM a\n");
  });
});
