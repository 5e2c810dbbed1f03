import { readdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../support/folders.ts";
import { runScene, type SceneResult, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

const drivers = ["crun", "runc", "unshare"];

describe.each(drivers)("runContainer with %s", (driver) => {
  const run = (scene: Omit<Parameters<typeof runScene>[0], "lowers">): Promise<SceneResult> =>
    runScene({ lowers, ...scene, options: { driver, ...scene.options } });

  it("gives the exit code of the process", async () => {
    expect((await run({ argv: sh("exit 7") })).exitCode).toBe(7);
    expect((await run({ argv: sh("exit 1") })).exitCode).toBe(1);
    expect((await run({ argv: sh("exit 0") })).exitCode).toBe(0);
  });

  it("reports a program that is not there as 127, and one that cannot be executed as 126", async () => {
    const missing = await run({ argv: ["nosuch", "x"] });
    expect(missing.exitCode).toBe(127);
    expect(missing.stderr).toContain("nosuch");
    expect((await run({ argv: ["/no/such"] })).exitCode).toBe(127);
    expect((await run({ argv: ["/etc/passwd"] })).exitCode).toBe(126);
    expect((await run({ argv: ["/etc"] })).exitCode).toBe(126);
  });

  it("RN-04: the environment is the one given, later values win, HOME comes from the account", async () => {
    const { stdout } = await run({ argv: ["env"], env: ["PATH=/bin", "A=1", "B=x y", "A=2"] });
    expect(stdout.split("\n").filter(Boolean).sort()).toEqual(["A=2", "B=x y", "HOME=/root", "PATH=/bin"]);
    const set = await run({ argv: sh("echo $HOME"), env: ["PATH=/bin", "HOME=/mine"] });
    expect(set.stdout).toBe("/mine\n");
  });

  it("RN-05: the working directory is made with the user as its owner, and is in the layer", async () => {
    const user = { uid: 65534, gid: 65534, additionalGids: [], home: "/" };
    const { stdout, upper } = await run({ argv: sh("pwd; stat -c '%a %u:%g' . .."), cwd: "/srv/app", user });
    expect(stdout).toBe("/srv/app\n755 65534:65534\n755 65534:65534\n");
    expect(readdirSync(upper)).toEqual(["srv"]);
  });

  it("RN-06: runs as the user with its groups", async () => {
    const user = { uid: 1000, gid: 1001, additionalGids: [5, 1001], home: "/" };
    const { stdout } = await run({ argv: sh("id -u; id -g; id -G"), user });
    expect(stdout).toBe("1000\n1001\n1001 5\n");
  });

  it("gives all output, in order within each stream", async () => {
    const script =
      "i=0; while [ $i -lt 20000 ]; do echo line $i of the standard output of this; i=$((i+1)); done";
    const { stdout, stderr } = await run({ argv: sh(`${script}; echo oops >&2; echo >/dev/stdout last`) });
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(20_002);
    expect(lines[0]).toBe("line 0 of the standard output of this");
    expect(lines[19_999]).toBe("line 19999 of the standard output of this");
    expect(lines[20_000]).toBe("last");
    expect(stderr).toBe("oops\n");
  });

  it("has nothing to read by default", async () => {
    expect((await run({ argv: ["cat"] })).stdout).toBe("");
  });

  it("RX-02: default capabilities, a seccomp filter, no new privileges only where asked", async () => {
    const { stdout } = await run({
      argv: sh("grep -E '^(CapBnd|CapEff|CapInh|Seccomp|NoNewPrivs):' /proc/self/status"),
    });
    expect(stdout.replaceAll(/\s+/g, " ")).toBe(
      `CapInh: 0000000000000000 CapEff: 00000000a80425fb CapBnd: 00000000a80425fb NoNewPrivs: 0 Seccomp: ${driver === "unshare" ? 0 : 2} `,
    );
  });

  it("RX-01: without a network there is a loopback interface only", async () => {
    const { stdout } = await run({ argv: sh("ls /sys/class/net; cat /proc/net/dev | grep -c :") });
    expect(stdout).toBe("lo\n1\n");
  });

  it("RN-09: hostname, minimal /dev, read-only /sys and cgroups", async () => {
    const { stdout } = await run({
      argv: sh(
        "hostname; ls /dev | grep -v core | tr '\\n' ' '; touch /sys/x 2>&1; touch /sys/fs/cgroup/x 2>&1",
      ),
    });
    expect(stdout.split("\n")).toEqual([
      "sandbox",
      "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero touch: /sys/x: Read-only file system",
      "touch: /sys/fs/cgroup/x: Read-only file system",
      "",
    ]);
  });

  it("RN-10: mount points that the image lacks are in no layer", async () => {
    const { upper, exitCode } = await run({
      argv: sh("test -e /etc/hosts && test -d /proc/1 && test -d /a/b"),
      mounts: [
        { type: "file", target: "/etc/hosts", content: "127.0.0.1 localhost\n", mode: 0o644 },
        { type: "tmpfs", target: "/a/b" },
      ],
    });
    expect(exitCode).toBe(0);
    expect(readdirSync(upper)).toEqual([]);
  });
});
