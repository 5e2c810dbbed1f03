import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../../src/core/events.ts";
import { createProgress } from "../../src/progress/create-progress.ts";
import { event, SMALL_BUILD } from "./events.ts";

function print(events: readonly BuildEvent[], finish = true): string {
  const written: string[] = [];
  const out = {
    write: (text: string) => void written.push(text),
    isTTY: false,
    columns: () => 80,
    rows: () => 24,
  };
  const printer = createProgress("auto", out);
  for (const each of events) printer.handle(each);
  if (finish) printer.finish();
  return written.join("");
}

describe("plain progress", () => {
  it("CL-07: prints a whole build by the grammar, with the table of stages and the result", () => {
    expect(print(SMALL_BUILD)).toBe(`
skipped, because the target does not need them: docs
#1 [builder] FROM debian:bookworm
#1 sha256:1234 50.0 MB / 50.0 MB done
#1 DONE 1.0s

#2 [builder 1/1] RUN make
#2 MISS main.c changed
#2 0.750 cc -o app main.c
#2 2.000 linking
#2 DONE 2.0s

#3 [stage-1 1/1] COPY --from=builder /app /
#3 CACHED

1 warning found (use --debug to expand):
 - JSONArgsRecommended: use the JSON form (line 7)

stage    from             layers      own    total
builder  debian:bookworm       3   150 MB   300 MB  ░░░░░░░░░░░░████████████
1        scratch               2  1.50 MB  1.50 MB  █ <- target

built sha256:${"ab".repeat(32)}  1.50 MB  shop:1
`);
  });

  it("CL-07: prints ERROR and CANCELED, after what the step wrote last", () => {
    const events = [
      event.start(0, "a", "RUN one"),
      event.start(0, "b", "RUN two"),
      event.log(100, "a", "no line end"),
      event.error(200, "a", 200, "exit code 1"),
      event.cancelled(201, "b"),
      event.buildError(202),
    ];
    expect(print(events)).toBe(
      "#1 RUN one\n\n#2 RUN two\n#1 0.200 no line end\n#1 ERROR: exit code 1\n#2 CANCELED\n",
    );
  });

  it("keeps the lines of parallel steps and of both streams apart", () => {
    const events = [
      event.start(0, "a", "A"),
      event.start(0, "b", "B"),
      event.log(10, "a", "a-out-"),
      event.log(20, "b", "b-"),
      event.log(30, "a", "a-err\n", "stderr"),
      event.log(40, "b", "end\n"),
      event.log(50, "a", "end\n"),
    ];
    expect(print(events).split("\n").slice(3)).toEqual([
      "#1 0.030 a-err",
      "#2 0.040 b-end",
      "#1 0.050 a-out-end",
      "",
    ]);
  });

  it("prints a log whole, however long its lines are", () => {
    const long = "x".repeat(300_000);
    expect(print([event.start(0, "a", "A"), event.log(0, "a", `${long}\n`)])).toBe(
      `#1 A\n#1 0.000 ${long}\n`,
    );
  });

  it("lets tabs and colours through and makes other control characters harmless", () => {
    const hostile =
      "\u001b[31mred\u001b[0m\ttab \u001b[2Jcleared \u001b]0;title\u0007 bell\u0007 \u001b[1mbold\n";
    expect(print([event.start(0, "a", "evil\u001b[2J\nname"), event.log(0, "a", hostile)])).toBe(
      "#1 evil\\x1b[2J name\n#1 0.000 \u001b[31mred\u001b[0m\ttab cleared  bell\\x07 \u001b[1mbold\u001b[0m\n",
    );
  });

  it("mentions a transfer that goes on every five seconds, and its end once", () => {
    const at = (time: number, current: number) => event.transfer(time, "p", "layer", current, 10_000);
    const events = [
      event.start(0, "p", "pull"),
      ...[0, 4999, 5000, 6000, 10_000].map((time) => at(time, time)),
      at(10_001, 10_000),
    ];
    expect(print(events)).toBe("#1 pull\n#1 layer 5.00 kB / 10.0 kB\n#1 layer 10.0 kB / 10.0 kB done\n");
  });

  it("shows a step's note, and finish() writes what is held back exactly once", () => {
    const events = [
      event.start(0, "a", "A"),
      event.done(10, "a", 10, "reused 3 layers"),
      event.start(10, "b", "B"),
    ];
    const text = print([...events, event.log(20, "b", "half")]);
    expect(text).toBe("#1 A\n#1 reused 3 layers\n#1 DONE 0.0s\n\n#2 B\n#2 0.010 half\n");
  });
});
