import { chmodSync, cpSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { enterArgv } from "../../src/sys/user-namespace.ts";
import { makeFolder } from "../support/folders.ts";
import { PROJECT_ROOT } from "../support/source-tree.ts";
import { asUser, type TestUser } from "../support/test-user.ts";
import { type CommandResult, runCommand } from "../support/tools.ts";
import { writeBusybox } from "./containers.ts";

/** What an ordinary user's process does once it is root of a user namespace. */
const PROGRAM = `
import { mkdirSync, writeFileSync } from "node:fs";
import { prepareOverlay } from "./snapshot/overlay.ts";
import { planStubs } from "./snapshot/stubs.ts";
import { runContainer } from "./runtime/run-container.ts";
import { NAMESPACE_ROOT } from "./runtime/request.ts";

const [lower, scratch, driver, overrides, script] = process.argv.slice(2);
const empty = { lookup: (path) => undefined, list: () => [] };
mkdirSync(scratch);
const { stubs } = planStubs(empty, [{ path: "/etc/hosts", type: "file" }, { path: "/run/secrets/s", type: "file" }]);
const rootfs = await prepareOverlay({ lowers: [lower], scratch, stubs, xattrPrefix: "user.overlay." });
const end = await runContainer({
  id: "test-rootless-" + process.pid, scratch, rootfs, argv: ["/bin/sh", "-c", script], env: ["PATH=/bin"],
  workdir: { path: "/", missing: [] }, user: { uid: 0, gid: 0, additionalGids: [], home: "/root" },
  hostname: "sandbox", network: "none", security: "sandbox",
  mounts: [
    { type: "file", target: "/etc/hosts", content: "x", mode: 0o644 },
    { type: "secret", target: "/run/secrets/s", data: Buffer.from("hush"), mode: 0o400, uid: 5, gid: 6 },
  ],
  ...JSON.parse(overrides),
}, {
  privilege: NAMESPACE_ROOT, path: process.env.PATH, driver,
  onOutput: (stream, chunk) => process[stream].write(chunk),
});
process.exitCode = end.exitCode;
`;

const folder = makeFolder();
let user: TestUser;
let lower = "";
beforeAll(async () => {
  user = await asUser();
  chmodSync(folder.path, 0o755);
  lower = await writeBusybox(join(folder.path, "lower"));
  buildSync({
    ...{ stdin: { contents: PROGRAM, resolveDir: join(PROJECT_ROOT, "src"), loader: "ts" }, bundle: true },
    ...{ outfile: join(folder.path, "program.mjs"), platform: "node", format: "esm", external: ["koffi"] },
  });
  for (const name of ["koffi", "@koromix"]) {
    const [from, to] = [join(PROJECT_ROOT, "node_modules", name), join(folder.path, "node_modules", name)];
    cpSync(from, to, { recursive: true, dereference: true });
  }
});
afterAll(() => {
  folder.remove();
  user?.remove();
});

let runs = 0;
/** As the user, in a user namespace: everything that the program makes is in the user's own folder. */
function run(
  driver: string,
  script: string,
  overrides: object = {},
): Promise<CommandResult & { scratch: string }> {
  const scratch = join(user.home, `scratch-${runs++}`);
  const argv = [
    user.node,
    join(folder.path, "program.mjs"),
    lower,
    scratch,
    driver,
    JSON.stringify(overrides),
    script,
  ];
  const [program, ...args] = [...user.prefix, ...enterArgv(argv)];
  return runCommand(program!, args, {
    cwd: "/",
    env: { PATH: process.env.PATH ?? "", HOME: user.home },
  }).then((result) => ({ ...result, scratch }));
}

describe.each(["crun", "runc", "unshare"])("an ordinary user's container of %s", (driver) => {
  it("DESIGN 7: is root over the layers, with the default capabilities, and gives the exit code", async () => {
    const { exitCode, stdout, stderr } = await run(
      driver,
      "id -u; hostname; cat /etc/hosts; echo; grep -E '^Cap(Eff|Bnd):' /proc/self/status; echo oops >&2; exit 3",
    );
    expect([exitCode, stderr]).toEqual([3, "oops\n"]);
    expect(stdout.replaceAll("\t", " ")).toBe(
      "0\nsandbox\nx\nCapEff: 00000000a80425fb\nCapBnd: 00000000a80425fb\n",
    );
  });

  it("writes files of several owners, removes those of the image, and leaves no stub", async () => {
    const { stdout, stderr, scratch } = await run(
      driver,
      "echo 1 > /f && chown 1000:1001 /f && stat -c %u:%g /f && rm -r /tmp /etc/passwd && cat /run/secrets/s && stat -c ' %a %u:%g' /run/secrets/s",
    );
    expect([stdout, stderr]).toEqual(["1000:1001\nhush 400 5:6\n", ""]);
    expect(readdirSync(join(scratch, "upper")).sort()).toEqual(["etc", "f", "tmp"]);
    expect(readdirSync(join(scratch, "upper/etc"))).toEqual(["passwd"]);
    expect(lstatSync(join(scratch, "upper/f")).uid).toBeGreaterThan(65_536);
    const whiteout = lstatSync(join(scratch, "upper/tmp"));
    expect([whiteout.isCharacterDevice(), whiteout.rdev, whiteout.uid]).toEqual([true, 0, user.uid]);
  });

  it("runs as another user of the image", async () => {
    const overrides = { user: { uid: 33, gid: 44, additionalGids: [44, 55], home: "/home" } };
    const { stdout } = await run(
      driver,
      "id -u; id -g; id -G; echo $HOME; grep CapEff /proc/self/status",
      overrides,
    );
    expect(stdout.replaceAll("\t", " ")).toBe("33\n44\n44 55\n/home\nCapEff: 0000000000000000\n");
  });

  it("has the usual devices and file systems", async () => {
    const script =
      "echo x > /dev/null && head -c 3 /dev/zero | wc -c; touch /sys/x 2>&1; df /dev/shm | tail -1 | awk '{print $2}'; ls /sys/class/net";
    expect((await run(driver, script)).stdout).toBe("3\ntouch: /sys/x: Read-only file system\n65536\nlo\n");
  });

  it("RX-01: can use the machine's network", async () => {
    const { stdout, stderr } = await run(
      driver,
      "grep -c : /proc/net/dev; ls /sys/kernel | head -1 | wc -l",
      { network: "host" },
    );
    expect([Number(stdout.split("\n")[0]) > 1, stdout.split("\n")[1], stderr]).toEqual([true, "1", ""]);
  });

  it("RX-02: insecure has every capability of the namespace", async () => {
    const { stdout } = await run(driver, "grep CapEff /proc/self/status; ls /dev/null", {
      security: "insecure",
    });
    expect(stdout).toMatch(/^CapEff:\t000001ffffffffff\n\/dev\/null\n$/);
  });
});
