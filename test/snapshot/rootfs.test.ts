import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareRootfs, type RootfsKind } from "../../src/snapshot/prepare-rootfs.ts";
import { quote, type Rootfs } from "../../src/snapshot/rootfs.ts";
import type { Stub } from "../../src/snapshot/stubs.ts";
import { libc } from "../../src/sys/libc.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { inMounted } from "./mounted.ts";

const PREFIX = "trusted.overlay.";

async function prepare(kind: RootfsKind, lowers: readonly string[], stubs: readonly Stub[] = []) {
  const scratch = temporaryFolder();
  const rootfs = await prepareRootfs(
    { kind, volatile: true },
    { lowers, scratch, stubs, xattrPrefix: PREFIX },
  );
  return { rootfs, run: (script: string) => inMounted(rootfs, scratch, script) };
}

const layer = (files: Readonly<Record<string, string>>): string => writeTree(temporaryFolder(), files);

function hide(folder: string, path: string): void {
  libc().makeDevice(join(folder, path), "char", { mode: 0, major: 0, minor: 0 });
}

/** What a step left, as names. */
const leftBy = (rootfs: Rootfs): string[] => readdirSync(rootfs.upper).sort();

describe.each<RootfsKind>(["overlay", "copy"])("a root filesystem by %s", (kind) => {
  it("shows the layers, the upper ones over the lower ones", async () => {
    const { run } = await prepare(kind, [
      layer({ a: "1", b: "1", "d/x": "1" }),
      layer({ b: "2", "d/y": "2" }),
    ]);
    expect(await run("cat a b d/x d/y; ls")).toBe("1212a\nb\nd\n");
  });

  it("whiteouts and opaque directories hide what is below", async () => {
    const top = layer({ "d/new": "2" });
    hide(top, "gone");
    libc().setXattr(join(top, "d"), `${PREFIX}opaque`, Buffer.from("y"));
    const { run } = await prepare(kind, [layer({ gone: "1", kept: "1", "d/old": "1" }), top]);
    expect(await run("ls . d")).toBe(".:\nd\nkept\n\nd:\nnew\n");
  });

  it("keeps modes, links, times and attributes", async () => {
    const lower = layer({ "bin/su": "#!" });
    linkSync(join(lower, "bin/su"), join(lower, "bin/sudo"));
    symlinkSync("su", join(lower, "bin/s"));
    chmodSync(join(lower, "bin/su"), 0o4711);
    libc().setXattr(join(lower, "bin/su"), "user.note", Buffer.from("kept"));
    libc().setTimes(join(lower, "bin/su"), 0n, 1_234_567_890_123_456_789n);
    const { run } = await prepare(kind, [lower]);
    expect(
      await run("stat -c '%a %h %.9Y' bin/su; stat -c '%N' bin/s; [ bin/su -ef bin/sudo ] && echo same"),
    ).toBe("4711 2 1234567890.123456789\n'bin/s' -> 'su'\nsame\n");
  });

  it("RN-10: mount points are there for the process and gone afterwards, the time of their parent unharmed", async () => {
    const lower = layer({ "etc/passwd": "x" });
    libc().setTimes(join(lower, "etc"), "omit", 5_000_000_000n);
    const etc = {
      path: "etc",
      type: "dir",
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 5,
      mtimeNs: 0,
    } as const;
    const stubs: readonly Stub[] = [
      { path: "etc", type: "dir", like: etc },
      { path: "etc/hosts", type: "file" },
      { path: "mnt", type: "dir" },
    ];
    const { rootfs, run } = await prepare(kind, [lower], stubs);
    expect(await run("[ -f etc/hosts ] && [ -d mnt ] && stat -c '%Y' etc; echo new > mine")).toBe("5\n");
    await rootfs.finish();
    expect(leftBy(rootfs)).toEqual(kind === "overlay" ? ["mine"] : ["etc", "mine"]);
    expect(existsSync(join(rootfs.upper, "etc/hosts"))).toBe(false);
    if (kind === "copy")
      expect(lstatSync(join(rootfs.upper, "etc"), { bigint: true }).mtimeNs).toBe(5_000_000_000n);
  });

  it("RN-10: a mount point that the process filled is kept", async () => {
    const { rootfs, run } = await prepare(kind, [layer({})], [{ path: "mnt", type: "dir" }]);
    await run("echo kept > mnt/x");
    await rootfs.finish();
    expect(readFileSync(join(rootfs.upper, "mnt/x"), "utf8")).toBe("kept\n");
  });

  it("CVE-2024-23652: a link planted in the way of a mount point leads nowhere when that is removed", async () => {
    const outside = temporaryFolder();
    mkdirSync(join(outside, "empty"));
    const stubs: readonly Stub[] = [
      { path: "a", type: "dir" },
      { path: "a/empty", type: "dir" },
    ];
    const { rootfs, run } = await prepare(kind, [layer({})], stubs);
    await run(`rm -r a; ln -s ${quote(outside)} a`);
    await rootfs.finish();
    expect(readdirSync(outside)).toEqual(["empty"]);
  });

  it("leaves the layers as they are", async () => {
    const lower = layer({ a: "1", b: "1" });
    const { rootfs, run } = await prepare(kind, [lower]);
    await run("rm a; echo 2 > b");
    await rootfs.finish();
    expect([readFileSync(join(lower, "a"), "utf8"), readFileSync(join(lower, "b"), "utf8")]).toEqual([
      "1",
      "1",
    ]);
  });

  it("lets no device file be opened", async () => {
    const { run } = await prepare(kind, []);
    expect(await run("mknod z c 1 5; head -c 1 z 2>/dev/null || echo refused")).toBe("refused\n");
  });
});

describe("prepareOverlay", () => {
  it("stacks 300 layers, and more than one mount takes", async () => {
    const all = Array.from({ length: 600 }, (_, i) => layer({ [`f${i}`]: String(i), same: String(i) }));
    for (const count of [300, 600]) {
      const { run } = await prepare("overlay", all.slice(0, count));
      expect(await run("ls | wc -l; cat f0 same"), String(count)).toBe(`${count + 1}\n0${count - 1}`);
    }
  });

  it("takes folders whose names hold characters that mount options give a meaning", async () => {
    const odd = join(temporaryFolder(), "a,b:c\\d 'e'");
    const { run } = await prepare("overlay", [writeTree(odd, { a: "1" })]);
    expect(await run("cat a")).toBe("1");
  });

  it("refuses more layers than can be stacked", async () => {
    const many = Array.from({ length: 2000 }, (_, i) => `/nowhere/${i}`);
    await expect(prepare("overlay", many)).rejects.toMatchObject({ code: "SNAPSHOT_FAILED" });
  });
});
