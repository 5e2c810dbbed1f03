import { appendFileSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMonitorLog } from "../../src/container/monitor-log.ts";
import { temporaryFolder } from "../support/folders.ts";

describe("the log of a monitor", () => {
  it("tells what this start said, and keeps what earlier ones did", () => {
    const path = join(temporaryFolder(), "monitor.log");
    writeFileSync(path, "earlier\n");
    const log = openMonitorLog(path);
    expect(log.saidSince()).toBe("");
    writeSync(log.fd, "now\n");
    appendFileSync(path, "by a child\n");
    expect(log.saidSince()).toBe("now\nby a child\n");
    log.close();
    expect(readFileSync(path, "utf8")).toBe("earlier\nnow\nby a child\n");
  });

  it("does not grow from start to start: the latest whole lines stay", () => {
    const path = join(temporaryFolder(), "monitor.log");
    const lines = Array.from({ length: 20_000 }, (_, i) => `complaint ${i}\n`);
    writeFileSync(path, lines.join(""));
    const log = openMonitorLog(path);
    const kept = readFileSync(path, "utf8");
    expect(kept.length).toBeLessThanOrEqual(32 * 1024);
    expect(kept).toMatch(/^complaint \d+\n/);
    expect(lines.join("").endsWith(kept)).toBe(true);
    writeSync(log.fd, "more\n");
    expect(log.saidSince()).toBe("more\n");
    log.close();
  });
});
