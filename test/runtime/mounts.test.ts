import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REAL_ROOT } from "../../src/runtime/request.ts";
import { runContainer } from "../../src/runtime/run-container.ts";
import { makeFolder, temporaryFolder, writeTree } from "../support/folders.ts";
import { prepareScene, runScene, type Scene, type SceneResult, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

type Mounts = NonNullable<Scene["mounts"]>;
const path = (at: string) => ({ kind: "path", path: at }) as const;

/** Files below a folder that have this text in them. */
function filesWith(text: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile())
    .map((item) => join(item.parentPath, item.name))
    .filter((file) => readFileSync(file, "latin1").includes(text));
}

describe.each(["crun", "runc", "unshare"])("mounts of %s", (driver) => {
  const run = (script: string, mounts: Mounts, scene: Partial<Scene> = {}): Promise<SceneResult> =>
    runScene({ lowers, argv: sh(script), mounts, ...scene, options: { driver, ...scene.options } });

  it("MT-04: a bind is read-only, and so is what another file system holds below it", async () => {
    const source = writeTree(temporaryFolder(), { "a/f": "1" });
    const mounts: Mounts = [{ type: "bind", target: "/m", source: path(source), readOnly: true }];
    const { stdout, upper } = await run("cat /m/a/f; touch /m/a/g 2>&1", mounts);
    expect(stdout).toBe("1touch: /m/a/g: Read-only file system\n");
    expect(readdirSync(upper)).toEqual([]);
  });

  it("MT-04: writes of a rw bind are lost, of a directory, a file and a stack of snapshots", async () => {
    const source = writeTree(temporaryFolder(), { "d/f": "old", one: "old" });
    chownSync(join(source, "d"), 7, 8);
    chmodSync(join(source, "d"), 0o751);
    const over = writeTree(temporaryFolder(), { "d/f": "newer" });
    const scratch = { readOnly: false, discardWrites: true } as const;
    const mounts: Mounts = [
      { type: "bind", target: "/dir", source: path(join(source, "d")), ...scratch },
      { type: "bind", target: "/one", source: path(join(source, "one")), ...scratch },
      {
        type: "bind",
        target: "/stack",
        source: { kind: "layers", lowers: [source, over], path: "d" },
        ...scratch,
      },
    ];
    const script =
      "stat -c '%a %u:%g' /dir; for f in /dir/f /one /stack/f; do echo +x >> $f; cat $f; done; rm /dir/f";
    const { stdout, upper } = await run(script, mounts);
    expect(stdout).toBe("751 7:8\nold+x\nold+x\nnewer+x\n");
    expect(
      [join(source, "d/f"), join(source, "one"), join(over, "d/f")].map((f) => readFileSync(f, "utf8")),
    ).toEqual(["old", "old", "newer"]);
    expect(readdirSync(upper)).toEqual([]);
  });

  it("MT-08: a stack of snapshots is read as one tree", async () => {
    const [a, b] = [
      writeTree(temporaryFolder(), { "x/1": "a" }),
      writeTree(temporaryFolder(), { "x/2": "b" }),
    ];
    const source = { kind: "layers", lowers: [a, b], path: "x" } as const;
    const { stdout } = await run("ls /s; touch /s/3 2>&1", [
      { type: "bind", target: "/s", source, readOnly: true },
    ]);
    expect(stdout).toBe("1\n2\ntouch: /s/3: Read-only file system\n");
    const empty = { kind: "layers", lowers: [], path: "" } as const;
    expect(
      (await run("ls -A /e | wc -l", [{ type: "bind", target: "/e", source: empty, readOnly: true }])).stdout,
    ).toBe("0\n");
  });

  it("MT-10: what is written to a cache stays there and is in no layer", async () => {
    const cache = temporaryFolder();
    const mounts: Mounts = [{ type: "bind", target: "/var/cache/x", source: path(cache), readOnly: false }];
    const { upper } = await run("echo kept > /var/cache/x/f", mounts);
    expect(readFileSync(join(cache, "f"), "utf8")).toBe("kept\n");
    expect(readdirSync(upper)).toEqual([]);
  });

  it("CVE-2024-23651: a source that is not the folder it was found to be starts nothing", async () => {
    const [meant, other] = [
      writeTree(temporaryFolder(), { f: "meant" }),
      writeTree(temporaryFolder(), { f: "host" }),
    ];
    const { dev, ino } = statSync(meant, { bigint: true });
    const identity = { device: dev, inode: ino };
    const at = (folder: string): Mounts => [
      { type: "bind", target: "/m", source: { ...path(folder), identity }, readOnly: false },
    ];
    expect((await run("cat /m/f; echo kept > /m/g", at(meant))).stdout).toBe("meant");
    expect(readFileSync(join(meant, "g"), "utf8")).toBe("kept\n");
    await expect(run("cat /m/f", at(other))).rejects.toMatchObject({
      code: "RUNTIME_FAILED",
      message: expect.stringContaining("mount source changed"),
    });
  });

  it("MT-06: a mount inside another mount's target works, whatever the order", async () => {
    const [outer, inner] = [temporaryFolder(), writeTree(temporaryFolder(), { f: "inner" })];
    const mounts: Mounts = [
      { type: "bind", target: "/o/deep/in", source: path(inner), readOnly: true },
      { type: "bind", target: "/o", source: path(outer), readOnly: false },
    ];
    expect((await run("cat /o/deep/in/f", mounts)).stdout).toBe("inner");
    expect(readdirSync(outer)).toEqual(["deep"]);
  });

  it("CVE-2024-1753: a link planted in a cache does not lead a nested mount out of the container", async () => {
    const outside = temporaryFolder();
    const [cache, inner] = [temporaryFolder(), writeTree(temporaryFolder(), { f: "inner" })];
    symlinkSync(outside, join(cache, "in"));
    const mounts: Mounts = [
      { type: "bind", target: "/o", source: path(cache), readOnly: false },
      { type: "bind", target: "/o/in/side", source: path(inner), readOnly: true },
    ];
    await run("true", mounts).catch((error: { code: string }) => expect(error.code).toBe("RUNTIME_FAILED"));
    expect(readdirSync(outside)).toEqual([]);
  });

  it("MT-12: a tmpfs is empty, writable, and as large as asked", async () => {
    const over = writeTree(temporaryFolder(), { "data/f": "hidden" });
    // runc gives a tmpfs the mode of what it covers, whatever was asked for.
    chmodSync(join(over, "data"), 0o1777);
    const mounts: Mounts = [{ type: "tmpfs", target: "/data", size: 128 * 1024, mode: 0o1777 }];
    const script =
      "ls -A /data | wc -l; touch /data/x && stat -c %a /data; grep -c ' /data tmpfs .*size=128k' /proc/mounts";
    const { stdout, upper } = await run(script, mounts, { lowers: [...lowers, over] });
    expect(stdout).toBe("0\n1777\n1\n");
    expect(readdirSync(upper)).toEqual([]);
  });

  it("MT-14: a secret has the owner and mode asked for and lies on a tmpfs that runs nothing", async () => {
    const secret = (target: string, data: string, mode: number) =>
      ({ type: "secret", target, data: Buffer.from(data), mode, uid: 0, gid: 0 }) as const;
    const mounts: Mounts = [
      { ...secret("/run/secrets/a", "first\0", 0o400), uid: 5, gid: 6 },
      secret("/run/secrets/b", "", 0o444),
      secret("/run/secrets/c", "#!/bin/sh\necho ran\n", 0o500),
      ...Array.from({ length: 12 }, (_, i) => secret(`/many/${i}`, `${i},`, 0o400)),
    ];
    const script = [
      "cd /run/secrets; stat -c '%n %a %u:%g %s' a b c; ./c; cat /many/*; echo",
      "for f in a b c; do grep \" /run/secrets/$f tmpfs \" /proc/mounts | grep -o 'ro,nosuid,nodev\\(,noexec\\)\\?'; done",
    ].join("\n");
    const { stdout, upper } = await run(script, mounts);
    expect(stdout.split("\n")).toEqual([
      ...["a 400 5:6 6", "b 444 0:0 0", "c 500 0:0 19", "ran"],
      Array.from({ length: 12 }, (_, i) => `${i},`)
        .sort()
        .join("")
        .replace(/.*/, () =>
          ["0,", "1,", "10,", "11,", "2,", "3,", "4,", "5,", "6,", "7,", "8,", "9,"].join(""),
        ),
      ...["ro,nosuid,nodev,noexec", "ro,nosuid,nodev,noexec", "ro,nosuid,nodev", ""],
    ]);
    expect(readdirSync(upper)).toEqual([]);
  });

  it("MT-14: no secret is written to the step's folder", async () => {
    const data = Buffer.from("very-secret-value");
    const mounts: Mounts = [{ type: "secret", target: "/s", data, mode: 0o400, uid: 0, gid: 0 }];
    const { stdout, upper } = await run("cat /s", mounts);
    expect(stdout).toBe("very-secret-value");
    expect(filesWith("very-secret-value", join(upper, ".."))).toEqual([]);
  });

  it("MT-14: a secret in a variable is written to no file that others see, as long as the container lives", async () => {
    const seen: string[][] = [];
    const env = ["PATH=/bin", "KEY=very-secret-value"];
    const argv = sh("trap exit TERM; echo $KEY; while :; do sleep 0.1; done");
    const request = await prepareScene({ lowers, argv, env, envHoldsSecrets: true });
    let end = (_: NodeJS.Signals): void => {};
    const output: Buffer[] = [];
    await runContainer(request, {
      privilege: REAL_ROOT,
      path: process.env.PATH ?? "",
      driver,
      onStarted: (kill) => {
        end = kill;
      },
      onOutput: (_, chunk) => {
        output.push(chunk);
        seen.push(filesWith("very-secret-value", request.scratch));
        end("SIGTERM");
      },
    });
    expect(Buffer.concat(output).toString()).toBe("very-secret-value\n");
    expect(seen).toEqual([[]]);
    expect(filesWith("very-secret-value", request.scratch)).toEqual([]);
  });

  it("what has the environment in it is for its owner only", async () => {
    const { upper } = await run("true", [], { env: ["PATH=/bin", "KEY=in-the-open"] });
    const found = filesWith("in-the-open", join(upper, ".."));
    expect(found).toHaveLength(1);
    expect(statSync(found[0]!).mode & 0o777).toBe(0o600);
  });

  it("RN-02: a script at /dev/pipes can be run and not written", async () => {
    const mounts: Mounts = [
      { type: "file", target: "/dev/pipes/EOF", content: "#!/bin/sh\necho hello\n", mode: 0o755 },
    ];
    const { stdout } = await run("/dev/pipes/EOF; echo >/dev/pipes/EOF 2>&1 || echo refused", mounts);
    expect(stdout).toContain("hello\n");
    expect((await run("touch /dev/pipes/EOF 2>&1", mounts)).stdout).toContain("Read-only file system");
  });

  it("RN-09: a link of the image at /etc/resolv.conf is mounted over where it leads", async () => {
    const image = temporaryFolder();
    mkdirSync(join(image, "etc"));
    symlinkSync("../run/resolve/stub.conf", join(image, "etc/resolv.conf"));
    const mounts: Mounts = [
      { type: "file", target: "/etc/resolv.conf", content: "nameserver 192.0.2.1\n", mode: 0o644 },
    ];
    const { stdout, upper } = await run("cat /etc/resolv.conf", mounts, { lowers: [...lowers, image] });
    expect(stdout).toBe("nameserver 192.0.2.1\n");
    expect(readdirSync(upper)).toEqual([]);
  });
});
