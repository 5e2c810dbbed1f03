import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ContainerFolder } from "../../src/container/container-record.ts";
import { askMonitor, serveMonitor } from "../../src/container/monitor-socket.ts";
import { temporaryFolder } from "../support/folders.ts";

describe("the socket of a monitor", () => {
  it("answers whoever asks, and is gone when it is closed", async () => {
    const folder = new ContainerFolder(temporaryFolder());
    const served = await serveMonitor(folder, async ({ kind }) =>
      kind === "wait" ? { ok: true, exitCode: 3 } : { ok: false, message: "it says no" },
    );
    expect(await askMonitor(folder, { kind: "wait", condition: "removed" })).toEqual({
      ok: true,
      exitCode: 3,
    });
    await expect(askMonitor(folder, { kind: "stop" })).rejects.toMatchObject({ code: "CONTAINER_STATE" });
    served.close();
    expect(existsSync(join(folder.path, "monitor.sock"))).toBe(false);
    expect(await askMonitor(folder, { kind: "stop" })).toBeUndefined();
  });

  it("of a container that has just been removed is not asked, and not made", async () => {
    const folder = new ContainerFolder(join(temporaryFolder(), "gone"));
    expect(await askMonitor(folder, { kind: "stop" })).toBeUndefined();
    await expect(serveMonitor(folder, async () => ({ ok: true }))).rejects.toMatchObject({
      code: "CONTAINER_NOT_FOUND",
    });
    mkdirSync(folder.path);
    (await serveMonitor(folder, async () => ({ ok: true }))).close();
  });
});
