import { chmodSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { answers, type CompressionRequest, compressorsFor } from "../../src/output/layer-compressors.ts";
import { makeFolder, writeTree } from "../support/folders.ts";

const { path: searchPath, remove } = makeFolder();
writeTree(searchPath, { igzip: "#!/bin/sh\n" });
chmodSync(join(searchPath, "igzip"), 0o755);
afterAll(remove);

const MIB = 1024 * 1024;
const OURS = "zlib level=4 noise=stored block=512KiB";
const namesFor = (request: CompressionRequest, size = 9 * MIB, path: string | undefined = searchPath) =>
  compressorsFor(request, size, { searchPath: path }).map(({ settings }) => settings);

describe("the compressor of a layer", () => {
  it("is igzip where it is there and nothing speaks against it, with ours behind it", () => {
    expect(namesFor({ compression: "gzip" })).toEqual(["igzip level=1", OURS]);
    expect(namesFor({ compression: "gzip", reproducible: false })).toEqual(["igzip level=1", OURS]);
  });

  it("is ours for small layers, and where igzip is not there", () => {
    expect(namesFor({ compression: "gzip" }, MIB - 1)).toEqual([OURS]);
    expect(compressorsFor({ compression: "gzip" }, 9 * MIB, {})).toHaveLength(1);
  });

  it("LT-09: is ours, with the level that was asked for", () => {
    expect(namesFor({ compression: "gzip", level: 9 })).toEqual(["zlib level=9 block=512KiB"]);
    expect(namesFor({ compression: "gzip", level: 0 })).toEqual(["zlib level=0 block=512KiB"]);
  });

  it("is ours where results must be reproducible, for zstd the one in WASM", () => {
    expect(namesFor({ compression: "gzip", reproducible: true })).toEqual([OURS]);
    expect(namesFor({ compression: "zstd", level: 7, reproducible: true })).toEqual([
      "zstd-wasm level=7 frame=4MiB",
    ]);
    expect(namesFor({ compression: "zstd", level: 0 })[0]).toMatch(/^zstd-(node|wasm) level=3 frame=4MiB$/);
  });
});

describe("a form that was made earlier", () => {
  const form = (settings: string, compression: "gzip" | "zstd" | "estargz" = "gzip") => ({
    compression,
    settings,
    digest: digestOf("form"),
    size: 1,
  });

  it.each(["igzip level=1", OURS, "zlib level=9 block=512KiB"])(
    "%s answers what is left open",
    (settings) => {
      expect(answers(form(settings), { compression: "gzip" })).toBe(true);
      expect(answers(form(settings), { compression: "zstd" })).toBe(false);
    },
  );

  it("of level 0 answers only who asks for it", () => {
    const stored = form("zlib level=0 block=512KiB");
    expect(answers(stored, { compression: "gzip" })).toBe(false);
    expect(answers(stored, { compression: "gzip", level: 0 })).toBe(true);
  });

  it("is ours, with the same settings, where a level or reproducible results are asked for", () => {
    const reproducible = { compression: "gzip", reproducible: true } as const;
    expect(answers(form("igzip level=1"), reproducible)).toBe(false);
    expect(answers(form("level=default"), reproducible)).toBe(false);
    expect(answers(form(OURS), reproducible)).toBe(true);
    expect(answers(form("igzip level=1"), { compression: "gzip", level: 1 })).toBe(false);
    expect(answers(form(OURS), { compression: "gzip", level: 4 })).toBe(false);
  });
});
