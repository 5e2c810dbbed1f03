import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { interpretEnd } from "../../src/runtime/runtime-log.ts";
import { temporaryFolder } from "../support/folders.ts";
import { fill, smallDisk } from "../support/small-disk.ts";

const isRoot = process.getuid?.() === 0;
if (!isRoot) console.log("a runtime on a full disk is not tested: mounting a small one takes root");
const END = { exitCode: 1 } as Parameters<typeof interpretEnd>[0];
const traces = (folder: string) => ({
  setupLog: join(folder, "setup.log"),
  ready: join(folder, "ready"),
  runtimeLog: join(folder, "runtime.log"),
});

describe("a container that could not be started", () => {
  it("says what the runtime said", () => {
    expect(() => interpretEnd(END, traces(temporaryFolder()), "no such thing\n")).toThrow(
      expect.objectContaining({ code: "RUNTIME_FAILED", message: expect.stringContaining("no such thing") }),
    );
  });

  it("names a full disk where the runtime does", () => {
    const folder = temporaryFolder();
    const at = traces(folder);
    writeFileSync(at.ready, "");
    writeFileSync(at.runtimeLog, "cannot write status file: No space left on device\n");
    expect(() => interpretEnd(END, at, "")).toThrow(
      expect.objectContaining({ code: "DISK_FULL", message: expect.stringContaining(folder) }),
    );
  });

  it.runIf(isRoot)("names a full disk where the runtime does not", async () => {
    const disk = await smallDisk(1 << 20);
    fill(disk);
    expect(() => interpretEnd(END, traces(disk), "seccomp_export_bpf: Operation canceled\n")).toThrow(
      expect.objectContaining({ code: "DISK_FULL", message: expect.stringContaining("seccomp") }),
    );
  });
});
