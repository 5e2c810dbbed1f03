import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import type { ChainTree } from "../../src/execute/chain-tree.ts";
import { writeFilesArchive } from "../../src/output/files-archive.ts";
import type { FilesPart } from "../../src/output/platform-files.ts";
import { temporaryFolder } from "../support/folders.ts";

const PLAIN = { type: "file", mode: 0o644, uid: 1, gid: 2, mtime: 1e9, mtimeNs: 0 } as const;

/** Files of ten bytes in a folder of their own, on their way out. */
function filesPart(count: number): FilesPart & { readonly folder: string } {
  const folder = temporaryFolder();
  const entries = Array.from({ length: count }, (_, i): Entry => {
    const path = `f${String(i).padStart(9, "0")}`;
    writeFileSync(join(folder, path), path);
    return { ...PLAIN, path, size: 10 };
  });
  const tree = { prepare: async () => {}, locate: (path: string) => join(folder, path) };
  return { tree: tree as unknown as ChainTree, entries, prefix: "", folder };
}

describe("the files of a result as an archive", () => {
  it("XP-05: many small files leave together, not one by one", async () => {
    const { entries, ...part } = filesPart(1000);
    const chunks: Uint8Array[] = [];
    const sink = { write: async (chunk: Uint8Array) => void chunks.push(chunk) };
    await writeFilesArchive([{ ...part, entries }], sink);
    expect(chunks.length).toBeLessThan(entries.length / 100);
    const list = execFileSync("tar", ["-xO"], { input: Buffer.concat(chunks), encoding: "utf8" });
    expect(list).toBe(entries.map(({ path }) => path).join(""));
  });

  it("a file that has changed in the store is no part of any archive", async () => {
    const part = filesPart(3);
    writeFileSync(join(part.folder, part.entries[1]!.path), "short");
    await expect(writeFilesArchive([part], { write: async () => {} })).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
  });

  it("a build that is cancelled writes nothing more", async () => {
    const part = filesPart(3);
    const signal = AbortSignal.abort();
    const sink = { write: () => Promise.reject(new Error("written")) };
    await expect(writeFilesArchive([part], sink, signal)).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
