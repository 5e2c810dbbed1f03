import { describe, expect, it } from "vitest";
import { imageDiffText } from "../../src/cli/commands/diff-text.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { FileChange, FileFacts, ImageDiff } from "../../src/diff/image-diff.ts";

const ID = digestOf(Buffer.from(""));
const facts = (mode: string, size = 0): FileFacts => ({ type: "file", mode, uid: 0, gid: 0, size });
const changed = (path: string, after: FileFacts, fields: FileChange["fields"]): FileChange => ({
  kind: "changed",
  path,
  fields,
  before: facts("0644"),
  after,
});

function diffOf(files: readonly FileChange[]): ImageDiff {
  const image = { name: "x", id: ID, manifest: ID, platform: "linux/amd64", size: 0 };
  const none = { paths: 0, before: 0, after: 0 };
  return {
    version: 1,
    before: image,
    after: image,
    differs: true,
    layers: { before: [], after: [] },
    files,
    counts: { added: none, removed: none, changed: { paths: files.length, before: 0, after: 5 } },
  };
}

describe("differences of images for people", () => {
  const modes = ["a", "b", "c", "d"].map((name) => changed(`/bin/${name}`, facts("4755"), ["mode"]));
  const files = [...modes, changed("/etc/a", facts("0600", 5), ["mode", "content"])];

  it("have neighbours that changed in the same way in one line, unless all are asked for", () => {
    const text = imageDiffText(diffOf(files), false);
    expect(text).toContain("  ~ /bin/a … d (4 paths)   mode 0644 -> 4755\n");
    expect(text).toContain("mode 0644 -> 0600, content 0B -> 5B\n");
    expect(imageDiffText(diffOf(files), true)).toContain("  ~ /bin/c   mode 0644 -> 4755\n");
    expect(imageDiffText(diffOf(files.slice(1)), false)).toContain("  ~ /bin/c   mode 0644 -> 4755\n");
  });

  it("have no control characters of names and values in them", () => {
    const hostile = changed("/a\u001b[2J\nb", { ...facts("0644"), capabilities: "x\u0007" }, [
      "capabilities",
    ]);
    const text = imageDiffText(
      { ...diffOf([hostile]), config: [{ kind: "added", field: "Env", key: "A\u001b", after: "\u001b[1m" }] },
      false,
    );
    expect(text.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f]/);
    expect(text).toContain("/a\\u001b[2J\\u000ab");
  });
});
