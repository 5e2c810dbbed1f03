import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Entry } from "../../src/core/file-tree.ts";
import { layerArchive } from "../../src/layer/archive.ts";
import { captureTree, captureUpper } from "../../src/layer/capture.ts";
import { ingestLayer } from "../../src/layer/ingest.ts";
import { packLayer } from "../../src/layer/pack.ts";
import { Toc } from "../../src/layer/toc.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { hasLibc } from "../../src/sys/libc.ts";
import { run } from "./archives.ts";
import { dir, file, symlink } from "./entries.ts";
import { changesOf, entriesOf, isRoot, NATIVE, outline, Workspace } from "./trees.ts";

const canOverlay =
  isRoot &&
  hasLibc() &&
  spawnSync("unshare", [
    "--mount",
    "sh",
    "-c",
    "d=$(mktemp -d) && mount -t tmpfs t $d && cd $d && mkdir l u w m && mount -t overlay o -o lowerdir=l,upperdir=u,workdir=w m",
  ]).status === 0;

const BASE: readonly Entry[] = [
  dir("d", { mtime: 10 }),
  file("d/a", { mtime: 20, mtimeNs: 123 }),
  file("d/b", { mtime: 20 }),
  dir("d/sub"),
  file("d/sub/x"),
  dir("e"),
  file("e/1"),
  file("e/2"),
  file("f", { mtime: 5 }),
  symlink("l", "f"),
];
const BYTES = { "d/a": "aaaa", "d/b": "bbbb", f: "ffff", "d/sub/x": "x" };

describe.runIf(canOverlay)("what a step left behind", () => {
  let space: Workspace;
  let lower: string;
  let parent: Buffer[];

  beforeEach(async () => {
    space = new Workspace();
    lower = space.folder();
    const packed = await packLayer({
      changes: changesOf(BASE, BYTES),
      target: { kind: "snapshot", directory: lower, form: NATIVE },
    });
    parent = [packed.toc];
  });
  afterEach(() => space.done());

  /** Runs a script in the merged tree; gives the upper directory and a full copy of the result. */
  function step(script: string): { upper: string; copy: string; merged: string[] } {
    const [upper, work, merged, copy] = [space.folder(), space.folder(), space.folder(), space.folder()];
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work},redirect_dir=off,metacopy=off,index=off`;
    const mount = `mount -t overlay overlay -o ${options} ${merged}`;
    run("unshare", ["--mount", "sh", "-ec", `${mount}; cd ${merged}; ${script}\ncp -a . ${copy}`]);
    return { upper, copy, merged: outline(entriesOf(copy)) };
  }

  /** Captures both ways; both must give the same layer, and the layer over the parent must give the tree that was left. */
  async function captured(script: string, stubs: readonly string[] = []): Promise<string[]> {
    const { upper, copy, merged } = step(script);
    const options = { parent, stubs: new Set(stubs) };
    const fromUpper = await captureUpper({ upper, overlayXattrPrefix: "trusted.overlay.", ...options });
    const directory = space.folder();
    const fromCopy = await captureTree({ root: copy, directory, form: NATIVE, ...options });
    expect(outline(Toc.open(fromCopy.toc).entries())).toEqual(outline(Toc.open(fromUpper.toc).entries()));
    expect(fromCopy.info.contentDigest).toBe(fromUpper.info.contentDigest);
    const toc = Toc.open(fromUpper.toc);
    if (stubs.length === 0) {
      const tree = new LayerTree([Toc.open(parent[0]!), toc]);
      expect([...tree.walk("")].map((e) => e.path).sort()).toEqual(
        merged.map((l) => l.split(" ")[1]!).sort(),
      );
    }
    const listed = [...toc.entries()].map((e) => ({ ...e, hardLink: undefined }));
    expect(outline(entriesOf(upper)).map(withoutOwner)).toEqual(outline(listed as never).map(withoutOwner));
    const bytes = layerArchive(toc, upper, { diffId: fromUpper.info.diffId });
    const again = await ingestLayer({ archive: bytes, parent, expectedDiffId: fromUpper.info.diffId });
    expect(outline(Toc.open(again.toc).entries())).toEqual(outline(toc.entries()));
    return outline(toc.entries());
  }

  it("LT-01: nothing is an empty layer", async () => {
    expect(await captured("true")).toEqual([]);
    expect(await captured("touch d/new; rm d/new; chmod 600 d/a; chmod 644 d/a")).toEqual([]);
  });

  it("LT-02: new and changed things come with the directories that lead to them", async () => {
    expect(await captured("echo hello > d/sub/new; ln -s /etc/x d/link; mkfifo d/pipe; chmod 700 e")).toEqual(
      [
        "dir d 755 0:0",
        "symlink d/link 777 0:0 /etc/x",
        "fifo d/pipe 644 0:0",
        "dir d/sub 755 0:0",
        "file d/sub/new 644 0:0 6",
        "dir e 700 0:0",
      ],
    );
  });

  it("a change of time, owner, mode or bytes counts, even where size and time stay", async () => {
    expect(await captured("touch d/a")).toEqual(["dir d 755 0:0", "file d/a 644 0:0 4"]);
    expect(await captured("chown 5 d/b; chmod 4755 f")).toEqual([
      "dir d 755 0:0",
      "file d/b 644 5:0 4",
      "file f 4755 0:0 4",
    ]);
    expect(await captured("printf AAAA > d/a; touch -d @20.000000123 d/a")).toEqual([
      "dir d 755 0:0",
      "file d/a 644 0:0 4",
    ]);
  });

  it("LT-06: what was removed is a whiteout, also where a directory was replaced", async () => {
    expect(await captured("rm d/a l; rm -r e")).toEqual([
      "dir d 755 0:0",
      "whiteout d/a 0 0:0",
      "whiteout e 0 0:0",
      "whiteout l 0 0:0",
    ]);
    expect(await captured("rm -r d; mkdir -m 755 d; echo n > d/b; mkdir -p d/sub/deep")).toEqual([
      "dir d 755 0:0",
      "whiteout d/a 0 0:0",
      "file d/b 644 0:0 2",
      "dir d/sub 755 0:0",
      "dir d/sub/deep 755 0:0",
      "whiteout d/sub/x 0 0:0",
    ]);
  });

  it("LT-06: a directory that was replaced by an equal one holds only what differs", async () => {
    expect(await captured("cp -a d /tmp/.k$$; rm -r d; mv /tmp/.k$$ d; rm d/b")).toEqual([
      "dir d 755 0:0",
      "whiteout d/b 0 0:0",
    ]);
  });

  it("things change their type", async () => {
    expect(await captured("rm -r e; echo f > e; rm f; mkdir f; echo g > f/g; rm l; mkdir l")).toEqual([
      "file e 644 0:0 2",
      "dir f 755 0:0",
      "file f/g 644 0:0 2",
      "dir l 755 0:0",
    ]);
  });

  it("LT-04: hard links among what changed", async () => {
    expect(await captured("echo one > z; ln z e/first; ln z y")).toEqual([
      "dir e 755 0:0",
      "file e/first 644 0:0 4",
      "file y 644 0:0 e/first",
      "file z 644 0:0 e/first",
    ]);
    expect(await captured("ln f g")).toEqual(["file g 644 0:0 4"]);
    expect(await captured("ln f a0")).toEqual(["file a0 644 0:0 4"]);
  });

  it("LT-04: links and pipes with several names", async () => {
    expect(await captured("ln -s to s1; ln -P s1 s2; mkfifo p1; ln p1 p2")).toEqual([
      "fifo p1 644 0:0",
      "fifo p2 644 0:0 p1",
      "symlink s1 777 0:0 to",
      "symlink s2 777 0:0 to",
    ]);
    const { upper } = step("ln -s to s1; ln -P s1 s2");
    const { toc } = await captureUpper({ upper, parent, overlayXattrPrefix: "trusted.overlay." });
    expect([...Toc.open(toc).entries()].find(({ path }) => path === "s2")).toMatchObject({
      hardLink: "s1",
      linkTarget: "to",
    });
  });

  it("mount points that stayed empty are left out, used ones are not", async () => {
    const stubs = ["run", "run/secrets", "run/secrets/key", "cache", "d/file"];
    expect(await captured("mkdir -p run/secrets cache; : > run/secrets/key; : > d/file", stubs)).toEqual([]);
    expect(await captured("mkdir -p run/secrets cache/x; : > run/secrets/key", stubs)).toEqual([
      "dir cache 755 0:0",
      "dir cache/x 755 0:0",
    ]);
  });

  it("LT-03: sockets are skipped, and what they replaced is gone", async () => {
    const upper = space.folder();
    fs.mkdirSync(join(upper, "d"));
    fs.utimesSync(join(upper, "d"), 10, 10);
    for (const name of ["s", "d/a"]) await socketAt(join(upper, name));
    fs.utimesSync(join(upper, "d"), 77, 77);
    const { toc } = await captureUpper({ upper, parent, overlayXattrPrefix: "trusted.overlay." });
    expect(outline(Toc.open(toc).entries())).toEqual(["dir d 755 0:0", "whiteout d/a 0 0:0"]);
    expect(outline(entriesOf(upper))).toEqual(["dir d 755 0:0", "whiteout d/a 0 0:0"]);
    expect(fs.statSync(join(upper, "d")).mtimeMs).toBe(77_000);
  });

  it("a whiteout for what the parent has not is dropped", async () => {
    const upper = space.folder();
    run("mknod", [join(upper, "never"), "c", "0", "0"]);
    const { info } = await captureUpper({ upper, parent, overlayXattrPrefix: "trusted.overlay." });
    expect(info.entries).toBe(0);
    expect(fs.readdirSync(upper)).toEqual([]);
  });
});

/** Whiteouts have no owner or mode that counts. */
function withoutOwner(line: string): string {
  return line.startsWith("whiteout") ? line.split(" ").slice(0, 2).join(" ") : line;
}

/** Leaves a socket behind, as a server does that is killed. */
async function socketAt(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.tmp`, resolve));
  fs.linkSync(`${path}.tmp`, path);
  await new Promise((resolve) => server.close(resolve));
}
