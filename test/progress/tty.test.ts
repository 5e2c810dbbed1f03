import { describe, expect, it } from "vitest";
import type { BuildEvent } from "../../src/core/events.ts";
import { COLOURS, NO_COLOURS, type Palette } from "../../src/progress/frame.ts";
import { TtyPrinter } from "../../src/progress/tty.ts";
import { event, SMALL_BUILD } from "./events.ts";
import { Screen } from "./screen.ts";

/** A printer on a screen, with a clock that only events and `advance` move. */
function terminal(columns = 60, rows = 24, palette: Palette = NO_COLOURS) {
  const screen = new Screen(columns);
  const writes: string[] = [];
  let now = 1000;
  let timer: { readonly at: number; readonly callback: () => void } | undefined;
  let resized = () => {};
  const out = {
    isTTY: true,
    write: (text: string) => {
      writes.push(text);
      screen.write(text);
    },
    columns: () => screen.columns,
    rows: () => rows,
    onResize: (listener: () => void) => {
      resized = listener;
      return () => {
        resized = () => {};
      };
    },
  };
  const timing = {
    now: () => now,
    after: (milliseconds: number, callback: () => void) => {
      timer = { at: now + milliseconds, callback };
      return () => {
        timer = undefined;
      };
    },
  };
  const printer = new TtyPrinter(out, palette, timing);
  const advance = (to: number) => {
    while (timer && timer.at <= 1000 + to) {
      const due = timer;
      timer = undefined;
      now = due.at;
      due.callback();
    }
    now = 1000 + to;
  };
  const play = (events: readonly BuildEvent[]) => {
    for (const each of events) {
      advance(each.time);
      printer.handle(each);
    }
  };
  const resize = (to: number) => {
    screen.columns = to;
    resized();
  };
  return { screen, writes, printer, advance, play, resize };
}

describe("live progress", () => {
  it("shows steps that run at once with their times, why they run, and the end of their output", () => {
    const { screen, play, advance } = terminal();
    play([
      { type: "build.start", time: 0, dockerfile: "Dockerfile" },
      event.cached(10, "0.0", "[a 1/2] FROM debian"),
      event.start(20, "0.1", "[a 2/2] RUN make"),
      event.miss(20, "0.1", "main.c changed"),
      event.start(30, "1.0", "[b 1/1] RUN sleep 9"),
      event.log(40, "0.1", "one\ntwo\nthr"),
    ]);
    advance(2020);
    expect(screen.text()).toBe(` => CACHED [a 1/2] FROM debian
[+] Building 2.0s (1/3)
 => [a 2/2] RUN make                                    1.9s
 => => main.c changed
 => => one
 => => two
 => [b 1/1] RUN sleep 9                                 1.9s`);
  });

  it("shows the last six lines of output and no more", () => {
    const { screen, play, advance } = terminal();
    play([event.start(0, "a", "RUN"), event.log(0, "a", "1\n2\n3\n4\n5\n6\n7\n8\n")]);
    advance(100);
    expect(screen.text().split("\n").slice(2)).toEqual(
      ["3", "4", "5", "6", "7", "8"].map((n) => ` => => ${n}`),
    );
  });

  it("draws a bar for a transfer whose size is known, and bytes for one whose is not", () => {
    const { screen, play, advance } = terminal(80);
    play([
      event.start(0, "a", "pull"),
      event.transfer(0, "a", "sha256:1234", 500_000, 1_000_000),
      event.transfer(0, "a", "other", 42),
    ]);
    advance(100);
    expect(screen.text().split("\n").slice(2)).toEqual([
      " => => sha256:1234              [==========          ] 500 kB / 1.00 MB",
      " => => other                    42 B",
    ]);
  });

  it("never draws more than 20 times a second", () => {
    const { writes, play } = terminal();
    play([
      event.start(0, "a", "RUN"),
      ...Array.from({ length: 1000 }, (_, ms) => event.log(ms, "a", `${ms}\n`)),
    ]);
    expect(writes.length).toBeGreaterThan(15);
    expect(writes.length).toBeLessThanOrEqual(21);
  });

  it("stays inside a small screen, in both directions, with wide characters", () => {
    const { screen, play, advance } = terminal(30, 6);
    play(
      Array.from({ length: 20 }, (_, n) =>
        event.start(0, `${n}`, `RUN 長い名前のステップ番号 ${n} and more`),
      ),
    );
    advance(1000);
    expect(screen.text().split("\n")).toEqual([
      "[+] Building 1.0s (0/20)",
      " => RUN 長い名前のステッ… 1.0s",
      " => RUN 長い名前のステッ… 1.0s",
      " => RUN 長い名前のステッ… 1.0s",
      " => … and 17 more",
    ]);
  });

  it("leaves a clean summary when the build is done", () => {
    const { screen, play } = terminal(72);
    play(SMALL_BUILD);
    expect(screen.cursorShown).toBe(true);
    expect(screen.text()).toBe(
      ` => skipped, not needed: docs
 => [builder] FROM debian:bookworm                                  1.0s
 => [builder 1/1] RUN make                                          2.0s
 => CACHED [stage-1 1/1] COPY --from=builder /app /
1 warning found (use --debug to expand):
 - JSONArgsRecommended: use the JSON form (line 7)
[+] Built in 3.1s: 3 steps, 1 from the cache
stage    from             layers      own    total
builder  debian:bookworm       3   150 MB   300 MB  ░░░░░█████
1        scratch               2  1.50 MB  1.50 MB  █ <- target

built sha256:${"ab".repeat(29)}a
babab  1.50 MB  shop:1`,
    );
  });

  it("prints the whole output of a step that failed", () => {
    const { screen, play } = terminal();
    const output = Array.from({ length: 40 }, (_, n) => `line ${n}`);
    play([
      event.start(0, "a", "RUN make"),
      event.start(0, "b", "RUN other"),
      event.log(10, "a", `${output.join("\n")}\nlast words`),
      event.error(2000, "a", 2000, "exit code 2"),
      event.cancelled(2001, "b"),
      event.buildError(2002),
    ]);
    expect(screen.text().split("\n")).toEqual([
      " => ERROR RUN make                                      2.0s",
      "------",
      " > RUN make:",
      ...output,
      "last words",
      "------",
      " => CANCELED RUN other",
    ]);
  });

  it("redraws without leftovers after the terminal became narrower", () => {
    const { screen, play, advance, resize } = terminal(60);
    play([event.start(0, "a", "RUN a step with quite a long name")]);
    advance(500);
    resize(24);
    advance(1000);
    expect(screen.text().split("\n").slice(-2)).toEqual([
      "[+] Building 1.0s (0/1)",
      " => RUN a step wit… 1.0s",
    ]);
  });

  it("writes nothing that could leave its lines but colours, cursor and clearing", () => {
    const { screen, play } = terminal(60, 24, COLOURS);
    play([
      event.start(0, "a", "RUN \u001b[10Aevil"),
      event.log(0, "a", "\u001b[2J\u001b[Hgone\u0007\n"),
      event.error(100, "a", 100, "bad"),
      event.buildError(101),
    ]);
    expect(screen.unknown.filter((sequence) => !/^\u001b\[(\d+)?m$/.test(sequence))).toEqual([]);
    expect(screen.text()).toContain("gone\\x07");
  });

  it("finish() gives the cursor back when nothing ended well, and a second time does nothing", () => {
    const { screen, writes, play, printer } = terminal();
    play([event.start(0, "a", "RUN")]);
    expect(screen.cursorShown).toBe(false);
    printer.finish();
    expect(screen.cursorShown).toBe(true);
    const before = writes.length;
    printer.finish();
    printer.handle(event.log(5, "a", "late\n"));
    expect(writes.length).toBe(before);
  });
});
