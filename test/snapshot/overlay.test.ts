import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type OverlayRequest, prepareOverlay } from "../../src/snapshot/overlay.ts";
import { probeOverlay } from "../../src/snapshot/probe-overlay.ts";
import type { Rootfs } from "../../src/snapshot/rootfs.ts";
import { planStubs } from "../../src/snapshot/stubs.ts";
import { libc } from "../../src/sys/libc.ts";
import { SnapshotTree } from "../runtime/containers.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";
import { runOrFail } from "../support/tools.ts";

const TRUSTED = "trusted.overlay.";

/** Runs a script of sh with the root filesystem mounted; `$R` is its root. */
function inside(rootfs: Rootfs, script: string): Promise<string> {
  const lines = [...rootfs.mountScript, `R='${rootfs.merged}'`, script].join("\n");
  return runOrFail("unshare", ["--mount", "--propagation", "private", "sh", "-ec", lines]);
}

const prepare = (request: Partial<OverlayRequest>): Promise<Rootfs> =>
  prepareOverlay({ lowers: [], scratch: temporaryFolder(), stubs: [], xattrPrefix: TRUSTED, ...request });

describe("prepareOverlay", () => {
  it("mounts nothing in our own namespace and puts changes into the upper directory", async () => {
    const lower = writeTree(temporaryFolder(), { "a/one": "1", "a/two": "2" });
    const rootfs = await prepare({ lowers: [lower] });
    expect(await inside(rootfs, 'cat "$R/a/one"; rm "$R/a/two"; echo 3 > "$R/a/three"; ls "$R/a"')).toBe(
      "1one\nthree\n",
    );
    expect(readdirSync(rootfs.merged)).toEqual([]);
    expect(readdirSync(join(rootfs.upper, "a")).sort()).toEqual(["three", "two"]);
    const whiteout = lstatSync(join(rootfs.upper, "a/two"));
    expect([whiteout.isCharacterDevice(), whiteout.rdev]).toEqual([true, 0]);
    expect(readdirSync(join(lower, "a"))).toEqual(["one", "two"]);
  });

  it("works without any layer", async () => {
    const rootfs = await prepare({});
    expect(await inside(rootfs, 'ls -A "$R"; echo x > "$R/f"')).toBe("");
    expect(readdirSync(rootfs.upper)).toEqual(["f"]);
  });

  it("the root has the image's own metadata, or 0755", async () => {
    const root = {
      path: "",
      type: "dir",
      mode: 0o1711,
      uid: 3,
      gid: 4,
      size: 0,
      mtime: 86_400,
      mtimeNs: 5,
    } as const;
    const stat = 'stat -c "%a %u:%g %Y" "$R"';
    expect(await inside(await prepare({ root }), stat)).toBe("1711 3:4 86400\n");
    expect(await inside(await prepare({}), 'stat -c "%a %u:%g" "$R"')).toBe("755 0:0\n");
  });

  it.each([1, 127, 479, 600, 958])("stacks %i layers, the upper ones winning", async (count) => {
    const home = temporaryFolder();
    const lowers = Array.from({ length: count }, (_, i) => {
      const lower = join(home, `layer: number, ${i}`);
      mkdirSync(lower);
      writeFileSync(join(lower, `only-${i}`), "");
      writeFileSync(join(lower, "shared"), `${i}`);
      return lower;
    });
    const rootfs = await prepare({ lowers });
    expect(await inside(rootfs, 'ls "$R" | wc -l; cat "$R/shared"')).toBe(`${count + 1}\n${count - 1}`);
  });

  it("a whiteout hides what a merged group of lower layers has", async () => {
    const home = temporaryFolder();
    const lowers = Array.from({ length: 600 }, (_, i) => writeTree(join(home, `${i}`), { [`f${i}`]: "" }));
    await runOrFail("mknod", [join(lowers[599]!, "f0"), "c", "0", "0"]);
    await runOrFail("mknod", [join(lowers[599]!, "f598"), "c", "0", "0"]);
    await runOrFail("mknod", [join(lowers[50]!, "f1"), "c", "0", "0"]);
    const script = 'ls "$R" | wc -l; ls "$R/f0" "$R/f598" "$R/f1" 2>&1 | grep -c "No such"';
    expect(await inside(await prepare({ lowers }), script)).toBe("597\n3\n");
  });

  it("a layer that comes back counts where it is topmost", async () => {
    const [a, b] = [{ f: "a", only: "" }, { f: "b" }].map((files) => writeTree(temporaryFolder(), files));
    const rootfs = await prepare({ lowers: [a!, b!, a!] });
    expect(await inside(rootfs, 'cat "$R/f"; ls "$R" | wc -l')).toBe("a2\n");
  });

  it("refuses more layers than the kernel stacks", async () => {
    const lowers = Array.from({ length: 959 }, (_, i) => `/nowhere/${i}`);
    await expect(prepare({ lowers })).rejects.toMatchObject({ code: "SNAPSHOT_FAILED" });
  });

  it("never follows a redirect that an image carries", async () => {
    const lower = writeTree(temporaryFolder(), { "secret/f": "hidden", "open/g": "" });
    const over = writeTree(temporaryFolder(), { "open/h": "" });
    libc().setXattr(join(over, "open"), `${TRUSTED}redirect`, Buffer.from("/secret"));
    const listing = await inside(await prepare({ lowers: [lower, over] }), 'ls "$R/open" 2>&1 || true');
    expect(listing).not.toContain("f\n");
  });

  it("goes on with an upper directory that is given", async () => {
    const upper = writeTree(temporaryFolder(), { kept: "yes" });
    const scratch = temporaryFolder();
    expect(await inside(await prepare({ upper, scratch }), 'cat "$R/kept"; touch "$R/more"')).toBe("yes");
    expect(readdirSync(upper).sort()).toEqual(["kept", "more"]);
  });

  it("devices cannot be opened unless asked for", async () => {
    const lower = temporaryFolder();
    await runOrFail("mknod", [join(lower, "zero"), "c", "1", "5"]);
    const script = 'head -c 1 "$R/zero" 2>/dev/null | wc -c';
    expect(await inside(await prepare({ lowers: [lower] }), script)).toBe("0\n");
    expect(await inside(await prepare({ lowers: [lower], devices: true }), script)).toBe("1\n");
  });

  it("volatile: the mount option is passed on", async () => {
    const rootfs = await prepare({ volatile: true });
    expect(await inside(rootfs, `grep -c "$R overlay .*volatile" /proc/mounts`)).toBe("1\n");
  });
});

describe("stubs in an overlay", () => {
  const image = (): string => {
    const lower = writeTree(temporaryFolder(), { "etc/passwd": "", "var/spool/keep": "" });
    chmodSync(join(lower, "var"), 0o2750);
    chownSync(join(lower, "var"), 12, 13);
    utimesSync(join(lower, "var"), 1000, 1000.25);
    return lower;
  };
  const withStubs = (lower: string, targets: Parameters<typeof planStubs>[1]): Promise<Rootfs> =>
    prepare({ lowers: [lower], stubs: planStubs(new SnapshotTree([lower]), targets).stubs });

  it("RN-10: they are there, look like the image around them, and appear in no layer", async () => {
    const rootfs = await withStubs(image(), [
      { path: "/var/run/secrets/x", type: "file" },
      { path: "/cache", type: "dir" },
    ]);
    const script =
      'cd "$R"; stat -c "%n %F %a %u:%g" var var/run var/run/secrets/x cache proc; stat -c %Y var; ls var';
    expect((await inside(rootfs, script)).split("\n")).toEqual([
      "var directory 2750 12:13",
      "var/run directory 755 0:0",
      "var/run/secrets/x regular empty file 644 0:0",
      "cache directory 755 0:0",
      "proc directory 755 0:0",
      "1000",
      ...["run", "spool", ""],
    ]);
    expect(readdirSync(rootfs.upper)).toEqual([]);
  });

  it("RN-10: what a process puts beside a stub is in the layer, the stub is not", async () => {
    const rootfs = await withStubs(image(), [{ path: "/var/run/x", type: "file" }]);
    await inside(rootfs, 'echo 1 > "$R/var/run/mine"');
    expect(readdirSync(join(rootfs.upper, "var/run"))).toEqual(["mine"]);
    expect(lstatSync(join(rootfs.upper, "var")).mode & 0o7777).toBe(0o2750);
  });
});

describe("probeOverlay", () => {
  it("finds out by trying, and leaves nothing behind", async () => {
    const scratch = temporaryFolder();
    const request = { scratch, path: process.env.PATH ?? "", xattrPrefix: TRUSTED } as const;
    expect(await probeOverlay(request)).toEqual({ usable: true, volatile: true });
    expect(readdirSync(scratch)).toEqual([]);
  });

  it("says why it cannot be used", async () => {
    const scratch = temporaryFolder();
    const support = await probeOverlay({ scratch, path: "/nowhere", xattrPrefix: TRUSTED });
    expect(support).toMatchObject({
      usable: false,
      volatile: false,
      reason: expect.stringContaining("unshare"),
    });
  });
});
