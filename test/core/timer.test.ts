import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchHealth } from "../../src/container/health-monitor.ts";
import { StateWatch } from "../../src/container/state-watch.ts";
import { StopRequest } from "../../src/container/stop-request.ts";
import { startTimer } from "../../src/core/timer.ts";

const HOUR = 3_600_000;

describe("a timer", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("waits for longer than Node's timers can", () => {
    const called = vi.fn();
    startTimer(1000 * HOUR, called);
    vi.advanceTimersByTime(1000 * HOUR - 1);
    expect(called).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(called).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(3000 * HOUR);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it("can be stopped in each of its parts", () => {
    const called = vi.fn();
    const stops = [startTimer(1000 * HOUR, called), startTimer(1000 * HOUR, called)];
    stops[0]!();
    vi.advanceTimersByTime(999 * HOUR);
    stops[1]!();
    vi.advanceTimersByTime(999 * HOUR);
    expect(called).not.toHaveBeenCalled();
  });

  it("DR-04: gives a container as long as it was promised before it is killed", async () => {
    const state = new StateWatch({ status: "running", exitCode: 0, restartCount: 0 }, () => {});
    const stop = new StopRequest(state, { signal: 15, timeout: 10 });
    const sent: number[] = [];
    stop.started(
      (signal) => void sent.push(signal),
      () => {},
    );
    void stop.request({ timeout: 3_000_000 });
    await vi.advanceTimersByTimeAsync(2_999_999_000);
    expect(sent).toEqual([15]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(sent).toEqual([15, 9]);
  });

  it("DR-02: probes at the interval it is given, and lets a probe take its time", async () => {
    const long = { intervalMs: 1000 * HOUR, startIntervalMs: 5000, startPeriodMs: 0, retries: 1 };
    const ended: boolean[] = [];
    const stop = watchHealth({
      check: { ...long, timeoutMs: 1000 * HOUR, argv: ["x"] },
      probe: async (_, signal) => {
        await new Promise<void>((resolve) => startTimer(900 * HOUR, resolve));
        ended.push(signal.aborted);
        return { exitCode: 0, output: Buffer.alloc(0) };
      },
      onChange: () => {},
    });
    await vi.advanceTimersByTimeAsync(1899 * HOUR);
    expect(ended).toEqual([]);
    await vi.advanceTimersByTimeAsync(2 * HOUR);
    expect(ended).toEqual([false]);
    stop();
  });
});
