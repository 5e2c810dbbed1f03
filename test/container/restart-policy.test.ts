import { describe, expect, it } from "vitest";
import { nextRun, parseRestartPolicy } from "../../src/container/restart-policy.ts";

const ended = { exitCode: 1, isStopped: false, ranMs: 0, restartCount: 0, lastPauseMs: 0 };

describe("restart policies", () => {
  it("reads what Docker's --restart takes", () => {
    expect(parseRestartPolicy("no")).toEqual({ name: "no", maximumRetries: 0 });
    expect(parseRestartPolicy("")).toEqual({ name: "no", maximumRetries: 0 });
    expect(parseRestartPolicy("on-failure:3")).toEqual({ name: "on-failure", maximumRetries: 3 });
    for (const text of ["sometimes", "always:3", "on-failure:x", "on-failure:1:2"])
      expect(() => parseRestartPolicy(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });

  it("restarts by the policy, and not what somebody has stopped", () => {
    const run = (text: string, change: object) => nextRun(parseRestartPolicy(text), { ...ended, ...change });
    expect(run("no", {})).toBeUndefined();
    expect(run("always", { exitCode: 0 })).toEqual({ pauseMs: 100 });
    expect(run("always", { isStopped: true })).toBeUndefined();
    expect(run("on-failure", { exitCode: 0 })).toBeUndefined();
    expect(run("on-failure:2", { restartCount: 1 })).toBeDefined();
    expect(run("on-failure:2", { restartCount: 2 })).toBeUndefined();
  });

  it("doubles the pause up to a minute, and begins anew after ten seconds of running", () => {
    const always = parseRestartPolicy("always");
    const pauses: number[] = [];
    while (pauses.length < 12)
      pauses.push(nextRun(always, { ...ended, lastPauseMs: pauses.at(-1) ?? 0 })!.pauseMs);
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000]);
    expect(nextRun(always, { ...ended, lastPauseMs: 60000, ranMs: 10_000 })).toEqual({ pauseMs: 100 });
  });
});
