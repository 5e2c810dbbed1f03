import { createHash } from "node:crypto";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { findIgzip, igzipCompress } from "../../src/layer/igzip.ts";
import { makeFolder } from "../support/folders.ts";
import { chunksOf } from "./archives.ts";

const { path: folder, remove } = makeFolder();
afterAll(remove);

const igzip = findIgzip(process.env.PATH ?? "");
if (!igzip) console.warn("tests of igzip itself are skipped: it is not installed (Debian package isal)");

const SAMPLE = Buffer.concat(
  Array.from({ length: 40_000 }, (_, i) =>
    createHash("md5")
      .update(String(i >> 2))
      .digest(),
  ),
);

let programs = 0;
/** A program in igzip's place: a shell script. */
function program(script: string): string {
  programs += 1;
  const path = join(folder, `program-${programs}`);
  writeFileSync(path, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function compress(path: string, bytes: AsyncIterable<Uint8Array> = chunksOf(SAMPLE)): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of igzipCompress(bytes, { program: path })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("compressing by a program", () => {
  it.runIf(igzip)("igzip's result is one gzip member, and the same each time", async () => {
    const packed = await compress(igzip!);
    expect(gunzipSync(packed).equals(SAMPLE)).toBe(true);
    expect(packed.length).toBeLessThan(SAMPLE.length * 0.8);
    expect((await compress(igzip!, chunksOf(SAMPLE, 1000))).equals(packed)).toBe(true);
    expect(gunzipSync(await compress(igzip!, chunksOf(Buffer.alloc(0)))).length).toBe(0);
  });

  it("neither time nor system is in the header", async () => {
    const stamped = program("gzip -c | { head -c 4; head -c 6 >/dev/null; printf 'TIMEXX'; cat; }");
    const packed = await compress(stamped);
    expect(packed.subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
    expect(gunzipSync(packed).equals(SAMPLE)).toBe(true);
  });

  it.each([
    ["ends with an error", "gzip -c; exit 3", "ended with 3"],
    ["is killed", "kill -9 $$", "ended with 137"],
    ["reads nothing", "exit 0", "another checksum"],
    ["loses bytes", "head -c 1000 | gzip -c", "another checksum"],
    ["writes no gzip", "cat", "unknown header"],
    ["writes a name into the header", "cat >in; gzip -cN in", "unknown header"],
  ])("a program that %s is an error", async (_, script, message) => {
    const failure = compress(program(`cd ${folder}; ${script}`));
    await expect(failure).rejects.toMatchObject({ code: "TOOL_FAILED" });
    await expect(failure).rejects.toThrow(message);
  });

  it("a program that is missing is an error", async () => {
    await expect(compress(join(folder, "none"))).rejects.toMatchObject({ code: "TOOL_NOT_FOUND" });
  });

  it("an error of the source passes unchanged", async () => {
    async function* failing() {
      yield SAMPLE;
      throw new RangeError("disk");
    }
    await expect(compress(program("gzip -c"), failing())).rejects.toThrow(RangeError);
  });

  it("an abort, and a reader that stops, end the program and the source", async () => {
    const controller = new AbortController();
    let ended = 0;
    async function* endless(abortAt: number) {
      try {
        for (let i = 0; ; i++) {
          if (i === abortAt) controller.abort();
          yield SAMPLE;
        }
      } finally {
        ended += 1;
      }
    }
    for await (const _ of igzipCompress(endless(-1), { program: program("gzip -1c") })) break;
    expect(ended).toBe(1);
    const reading = async () => {
      const options = { program: program("exec sleep 1000"), signal: controller.signal };
      for await (const _ of igzipCompress(endless(0), options));
    };
    await expect(reading()).rejects.toMatchObject({ code: "CANCELLED" });
    expect(ended).toBe(2);
  });
});
