import { describe, expect, it } from "vitest";
import { checkHealthOptions, healthCheckOf, mergedHealthcheck } from "../../src/container/health-check.ts";
import { watchHealth } from "../../src/container/health-monitor.ts";
import {
  afterProbe,
  type HealthState,
  nextProbeMs,
  type ProbeResult,
  STARTING,
} from "../../src/container/health-state.ts";

const SECOND = 1e9;
const result = (ExitCode: number): ProbeResult => ({ Start: "", End: "", ExitCode, Output: "" });
const check = { retries: 3, startPeriodMs: 1000, intervalMs: 30_000, startIntervalMs: 5000 };

function after(codes: readonly number[], sinceStartMs = 5000): HealthState {
  return codes.reduce((state, code) => afterProbe(state, result(code), check, sinceStartMs), STARTING);
}

describe("DR-02: health checks", () => {
  it("DR-02: times that nobody gives are 30 s, 30 s, 0 s, 5 s, and three failures", () => {
    expect(healthCheckOf({ Healthcheck: { Test: ["CMD-SHELL", "true"] } })).toEqual({
      argv: ["/bin/sh", "-c", "true"],
      intervalMs: 30_000,
      timeoutMs: 30_000,
      startPeriodMs: 0,
      startIntervalMs: 5000,
      retries: 3,
    });
  });

  it("DR-02: the command line overrides single members, and zero keeps the image's", () => {
    const image = { Test: ["CMD", "/check"], Interval: 5 * SECOND, Retries: 7 };
    expect(mergedHealthcheck(image, { timeout: SECOND, interval: 0 })).toEqual({
      ...image,
      Timeout: SECOND,
    });
    expect(mergedHealthcheck(image, { command: "ls" })).toMatchObject({ Test: ["CMD-SHELL", "ls"] });
    expect(mergedHealthcheck(undefined)).toBeUndefined();
  });

  it("DR-02: a check for a shell uses the image's shell", () => {
    const config = { Shell: ["/bin/bash", "-euc"], Healthcheck: { Test: ["CMD-SHELL", "a b"] } };
    expect(healthCheckOf(config)?.argv).toEqual(["/bin/bash", "-euc", "a b"]);
  });

  it("DR-02: NONE and --no-healthcheck switch it off, and that conflicts with other options", () => {
    expect(healthCheckOf({ Healthcheck: { Test: ["NONE"] } })).toBeUndefined();
    const config = { Healthcheck: { Test: ["CMD", "x"] } };
    expect(healthCheckOf(config, { isDisabled: true })).toBeUndefined();
    expect(() => checkHealthOptions({ isDisabled: true, retries: 1 })).toThrow("conflicts");
    expect(() => checkHealthOptions({ interval: -1 })).toThrow("negative");
    for (const name of ["interval", "timeout", "startPeriod", "startInterval"] as const) {
      expect(() => checkHealthOptions({ [name]: 1000 })).toThrow("cannot be less than 1ms");
      expect(() => checkHealthOptions({ [name]: 1_000_000 })).not.toThrow();
    }
    expect(() => checkHealthOptions({ retries: 1, interval: 0 })).not.toThrow();
  });

  it("DR-02: the first success is healthy, three failures in a row are unhealthy, one success mends it", () => {
    expect(after([0]).Status).toBe("healthy");
    expect(after([0, 1, 1]).Status).toBe("healthy");
    expect(after([0, 1, 1, 2])).toMatchObject({ Status: "unhealthy", FailingStreak: 3 });
    expect(after([1, 1, 0, 1, 1]).Status).toBe("healthy");
    expect(after([1, 1, 1, 0])).toMatchObject({ Status: "healthy", FailingStreak: 0 });
  });

  it("DR-02: failures in the start period do not count until the first success", () => {
    expect(after([1, 1, 1, 1], 500)).toMatchObject({ Status: "starting", FailingStreak: 0 });
    expect(after([0, 1, 1, 1], 500).Status).toBe("unhealthy");
    expect(nextProbeMs(STARTING, check, 500)).toBe(5000);
    expect(nextProbeMs(STARTING, check, 1000)).toBe(30_000);
    expect(nextProbeMs(after([0]), check, 500)).toBe(30_000);
  });

  it("DR-02: the last five results are kept", () => {
    expect(after([1, 2, 3, 4, 5, 6]).Log.map(({ ExitCode }) => ExitCode)).toEqual([2, 3, 4, 5, 6]);
  });

  it("DR-02: 4096 bytes of output are kept, and a probe whose time is up is ended and has failed", async () => {
    const probed = (timeoutMs: number, probe: Parameters<typeof watchHealth>[0]["probe"]) =>
      new Promise<ProbeResult>((resolve) => {
        const timing = { intervalMs: 1, startIntervalMs: 1, startPeriodMs: 0, timeoutMs, retries: 1 };
        const stop = watchHealth({
          check: { ...timing, argv: ["x"] },
          probe,
          onChange: ({ Log: [first] }) => {
            if (first) [stop(), resolve(first)];
          },
        });
      });
    const long = await probed(60_000, async () => ({ exitCode: 0, output: Buffer.alloc(5000, "x") }));
    expect(long.Output).toBe(`${"x".repeat(4096)}...`);
    const late = await probed(5, async (_, signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return { exitCode: 137, output: Buffer.from("so far") };
    });
    expect(late).toMatchObject({ ExitCode: -1, Output: "Health check exceeded timeout (0.005s): so far" });
  });
});
