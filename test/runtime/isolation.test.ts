import { chmodSync, lstatSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planWorkdir } from "../../src/snapshot/workdir.ts";
import { makeFolder, temporaryFolder } from "../support/folders.ts";
import { runScene, type SceneResult, SnapshotTree, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

describe.each(["crun", "runc", "unshare"])("a container of %s", (driver) => {
  const run = (scene: Omit<Parameters<typeof runScene>[0], "lowers">): Promise<SceneResult> =>
    runScene({ lowers, ...scene, options: { driver, ...scene.options } });
  const outputOf = async (script: string, scene: Partial<Parameters<typeof runScene>[0]> = {}) =>
    (await run({ ...scene, argv: sh(script) })).stdout;

  it("CVE-2024-21626: has the three standard descriptors only", async () => {
    // The fourth is the directory itself, which the shell has open while it lists it.
    expect(await outputOf("cd /proc/1/fd; echo *")).toBe("0 1 2 3\n");
  });

  it("cannot open device files of the machine, wherever it makes them", async () => {
    const makeAndOpen = (path: string): string =>
      `mknod ${path} c 1 5 && head -c 1 ${path} 2>&1 | tail -c 18`;
    const places = ["/dev/z", "/z", "/tmp/z", "/cache/z", "/t/z", "/dev/shm/z"];
    const stdout = await outputOf(places.map(makeAndOpen).join(";"), {
      mounts: [
        {
          type: "bind",
          target: "/cache",
          source: { kind: "path", path: temporaryFolder() },
          readOnly: false,
        },
        { type: "tmpfs", target: "/t" },
      ],
    });
    expect(stdout).toBe("Permission denied\n".repeat(places.length));
  });

  it("cannot change the owner or mode of the machine's own devices", async () => {
    const before = lstatSync("/dev/null");
    const stdout = await outputOf(
      "chmod 600 /dev/null 2>&1; chown 1 /dev/null 2>&1; chmod 600 /proc/keys 2>&1",
    );
    expect(stdout.match(/Read-only file system/g)).toHaveLength(3);
    const after = lstatSync("/dev/null");
    expect([after.mode, after.uid]).toEqual([before.mode, before.uid]);
  });

  it("can use the devices that it has", async () => {
    const script =
      "echo x > /dev/null && head -c 3 /dev/zero | wc -c && head -c 5 /dev/urandom | wc -c && cat /dev/null";
    expect(await outputOf(script)).toBe("3\n5\n");
  });

  it("CVE-2025-31133: masked paths show nothing, read-only paths cannot be written", async () => {
    expect(await outputOf("cat /proc/keys /proc/timer_list | wc -c; ls -A /sys/firmware | wc -l")).toBe(
      "0\n0\n",
    );
    expect(await outputOf('for p in bus fs irq sys; do grep -c " /proc/$p proc ro" /proc/mounts; done')).toBe(
      "1\n1\n1\n1\n",
    );
    const write = await run({ argv: sh("echo 1 > /proc/sys/kernel/core_pattern") });
    expect(write.stderr).toContain("Read-only file system");
  });

  it("leads nowhere by leaving its root", async () => {
    const script = "mkdir /in && cp /bin/busybox /in/ && chroot /in /busybox ls / && ls / | tr '\\n' ' '";
    expect(await outputOf(script)).toBe("busybox\nbin dev etc in proc sys tmp ");
    expect(await outputOf("ls /../../.. | tr '\\n' ' '; ls /proc/1/root/ | tr '\\n' ' '")).toBe(
      "bin dev etc proc sys tmp bin dev etc proc sys tmp ",
    );
  });

  it("is process 1 of its own process namespace", async () => {
    // The shell itself expands the pattern, before it starts anything.
    expect(await outputOf("echo $$; echo /proc/[0-9]*")).toBe("1\n/proc/1\n");
  });

  it("RN-09: /dev/shm has the size asked for, 64 MiB by default", async () => {
    const size = "df -k /dev/shm | tail -1 | awk '{print $2}'";
    expect(await outputOf(size)).toBe("65536\n");
    expect(await outputOf(size, { shmSize: 128 * 1024 })).toBe("128\n");
  });

  it("RN-11: ulimits", async () => {
    const ulimits = [{ name: "nofile", soft: 111, hard: 222 }];
    expect(await outputOf("ulimit -Sn; ulimit -Hn", { ulimits })).toBe("111\n222\n");
  });

  it("drops and adds capabilities, and gains none where asked", async () => {
    const scene = { dropCapabilities: ["ALL"], addCapabilities: ["CAP_SYS_CHROOT"], noNewPrivileges: true };
    const stdout = await outputOf("grep -E '^(CapBnd|NoNewPrivs):' /proc/self/status", scene);
    expect(stdout.replaceAll(/\s+/g, " ")).toBe("CapBnd: 0000000000040000 NoNewPrivs: 1 ");
  });

  it("RX-02: insecure has every capability, no filter, a writable /sys and the machine's devices", async () => {
    const script =
      "grep -E '^(CapEff|Seccomp):' /proc/self/status; grep -c ' /sys sysfs rw' /proc/mounts; ls /dev/zero /dev/mem /dev/kmsg 2>/dev/null | wc -l";
    const devices = ["zero", "mem", "kmsg"].filter((name) => readdirSync("/dev").includes(name)).length;
    const stdout = await outputOf(script, { security: "insecure" });
    const [capabilities, ...rest] = stdout.replaceAll("\t", "").split("\n");
    expect(BigInt(`0x${capabilities!.split(":")[1]}`) & 0x200000n).toBe(0x200000n);
    expect(rest).toEqual(["Seccomp:0", "1", String(devices), ""]);
    expect(await outputOf("grep -c 'CapBnd.*a80425fb' /proc/self/status")).toBe("1\n");
  });

  it("can have a root that it cannot write", async () => {
    const { stdout, upper } = await run({
      argv: sh("touch /x 2>&1; touch /dev/shm/x && echo ok"),
      readOnlyRoot: true,
    });
    expect(stdout).toBe("touch: /x: Read-only file system\nok\n");
    expect(readdirSync(upper)).toEqual([]);
  });

  it("runs set-user-ID programs of the image", async () => {
    const suid = temporaryFolder();
    mkdirSync(join(suid, "opt"));
    writeFileSync(join(suid, "opt/marker"), "");
    const user = { uid: 1000, gid: 1000, additionalGids: [], home: "/" };
    const stdout = await outputOf(
      "grep -c nosuid /proc/mounts >/dev/null; grep '^overlay / ' /proc/mounts | grep -c nosuid",
      {
        lowers: [...lowers, suid],
        user,
      },
    );
    expect(stdout).toBe("0\n");
  });

  it("RN-05: what leads to a new working directory keeps its metadata", async () => {
    const upperLayer = temporaryFolder();
    mkdirSync(join(upperLayer, "var"));
    chmodSync(join(upperLayer, "var"), 0o1777);
    const { stdout, upper } = await run({
      lowers: [...lowers, upperLayer],
      argv: sh("stat -c %a /var ."),
      cwd: "/var/new",
    } as Parameters<typeof run>[0]);
    expect(stdout).toBe("1777\n755\n");
    expect(statSync(join(upper, "var")).mode & 0o7777).toBe(0o1777);
  });
});

describe("planWorkdir", () => {
  it("CVE-2024-21626: refuses a working directory in a process of /proc, also behind a link", () => {
    const image = temporaryFolder();
    symlinkSync("/proc/self/fd", join(image, "link"));
    const tree = new SnapshotTree([image]);
    for (const cwd of ["/proc/self/fd/7", "/link/8", "/proc/1/cwd", "/x/../proc/thread-self"])
      expect(() => planWorkdir(tree, cwd)).toThrow(expect.objectContaining({ code: "SNAPSHOT_FAILED" }));
    expect(planWorkdir(tree, "/proc")).toEqual({ path: "/proc", missing: [] });
    expect(planWorkdir(tree, "/dev/shm/x")).toEqual({ path: "/dev/shm/x", missing: [] });
  });
});
