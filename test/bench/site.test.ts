import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { unpackTar } from "../../bench/floor/unpack-tar.ts";
import { peakMemory } from "../../bench/measure/memory.ts";
import { markedLayer, tarEntry } from "../../bench/site/base.ts";
import { mountedBelow } from "../../bench/site/workspace.ts";
import { digestOf } from "../../src/core/digest.ts";
import { temporaryFolder } from "../support/folders.ts";
import { runOrFail } from "../support/tools.ts";

describe("the base of the benchmark", () => {
  it("is one gzip member with a mark in front of what was compressed before", async () => {
    const folder = temporaryFolder();
    const base = { tarFile: join(folder, "base.tar"), deflateFile: join(folder, "base.deflate") };
    const tar = Buffer.concat([tarEntry("from-base", "x".repeat(5000)), Buffer.alloc(1024)]);
    writeFileSync(base.tarFile, tar);
    writeFileSync(base.deflateFile, deflateRawSync(tar));
    const { gzip, diffId } = markedLayer(base, "round 7\n");
    const unpacked = gunzipSync(gzip);
    expect(unpacked.equals(Buffer.concat([tarEntry("bench-mark", "round 7\n"), tar]))).toBe(true);
    expect(diffId).toBe(digestOf(unpacked));
    writeFileSync(join(folder, "marked.tar.gz"), gzip);
    const names = await runOrFail("tar", ["-tzf", join(folder, "marked.tar.gz")]);
    expect(names).toBe("bench-mark\nfrom-base\n");
  });

  it("unpacks into the files that tar would make", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a.tar"), Buffer.concat([tarEntry("sub/file", "text"), Buffer.alloc(1024)]));
    unpackTar(join(folder, "a.tar"), join(folder, "out"));
    expect(readFileSync(join(folder, "out/sub/file"), "utf8")).toBe("text");
  });
});

describe("what the benchmark leaves", () => {
  it("finds mounts below its folder, innermost first, also in the root of a peer", () => {
    const info = [
      "1 0 8:1 / / rw - ext4 /dev/x rw",
      "2 1 8:1 /tmp/b/o /peers/tmp/b/o rw - ext4 /dev/x rw",
      "3 2 0:41 / /peers/tmp/b/o/merged rw - overlay o rw",
      "4 1 8:1 / /tmp/bother rw - ext4 /dev/x rw",
    ].join("\n");
    expect(mountedBelow(info, "/tmp/b")).toEqual(["/peers/tmp/b/o/merged", "/peers/tmp/b/o"]);
  });
});

describe("memory", () => {
  it.runIf(process.platform === "linux")("is that of all processes below a command", async () => {
    // The outer process ends a second after both hold their memory.
    const inner = `const held = Buffer.alloc(100e6, 1); console.log(held.length); setInterval(() => held, 1e3)`;
    const outer = `
      const held = Buffer.alloc(100e6, 1);
      const child = require("node:child_process").spawn(process.execPath, ["-e", process.argv[1]]);
      child.stdout.once("data", () => setTimeout(() => { child.kill(); held.length; }, 1000));`;
    const peak = await peakMemory({ argv: [process.execPath, "-e", outer, inner] });
    expect(peak).toBeGreaterThan(200e6);
  });
});
