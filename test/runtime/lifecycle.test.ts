import { spawn } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { buildSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownHierarchies } from "../../src/runtime/cgroup/container-cgroup.ts";
import { REAL_ROOT } from "../../src/runtime/request.ts";
import { runContainer } from "../../src/runtime/run-container.ts";
import { currentOwner } from "../../src/store/owner.ts";
import { makeFolder, temporaryFolder } from "../support/folders.ts";
import { prepareScene, runScene, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

/** Processes whose command line has `mark` in it. */
function processesWith(mark: string): string[] {
  return readdirSync("/proc").filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, "latin1").includes(mark);
    } catch {
      return false;
    }
  });
}

/** Control groups of containers of this process, and those that a runtime made for the container `id`. */
function cgroups(id: string): string[] {
  const mine = `slipway-${currentOwner()}`;
  const places = new Set(ownHierarchies().flatMap(({ top, own }) => [top, own]));
  return [...places].flatMap((place) =>
    readdirSync(place).filter((name) => name.includes(id) || name.startsWith(mine)),
  );
}

/** Seconds that nobody else on this machine sleeps. */
const LONG = `34567${process.pid}`;
const LONGER = `23456${process.pid}`;

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(10);
}

describe.each(["crun", "runc", "unshare"])("the end of a container of %s", (driver) => {
  const start = async (
    script: string,
    onOutput: (text: string) => void,
    signal: AbortSignal,
    graceMs = 5000,
  ) => {
    const request = await prepareScene({ lowers, argv: sh(script) });
    const path = process.env.PATH ?? "";
    const end = runContainer(request, {
      ...{ privilege: REAL_ROOT, path, driver, signal, graceMs },
      onOutput: (_, chunk) => onOutput(chunk.toString()),
    });
    return { request, end };
  };
  const expectNothingLeft = (mark: string): void => {
    expect(processesWith(mark)).toEqual([]);
    expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(mark);
    expect(cgroups(mark)).toEqual([]);
  };

  it("an abort sends SIGTERM to the process and leaves nothing", async () => {
    const abort = new AbortController();
    let output = "";
    const script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    const { request, end } = await start(
      script,
      (text) => {
        output += text;
        if (output === "ready\n") abort.abort("stop");
      },
      abort.signal,
    );
    await expect(end).rejects.toMatchObject({ code: "CANCELLED", cause: "stop" });
    expect(output).toBe("ready\nbye\n");
    expectNothingLeft(request.id);
    expectNothingLeft(request.scratch);
  });

  it("what ignores SIGTERM is killed, with all that it started", async () => {
    const abort = new AbortController();
    // Other runs of this test, and other programs, have numbers of their own.
    const [left, own] = [`1234567.${process.pid}`, `7654321.${process.pid}`];
    const script = `trap '' TERM; (setsid sh -c 'exec sleep ${left}' &); echo ready; sleep ${own}`;
    const { request, end } = await start(script, () => abort.abort(), abort.signal, 100);
    await expect(end).rejects.toMatchObject({ code: "CANCELLED" });
    expectNothingLeft(request.id);
    expectNothingLeft(`sleep ${left}`.replace(" ", "\0"));
    expectNothingLeft(`sleep ${own}`.replace(" ", "\0"));
  });

  it("an abort before the start starts nothing", async () => {
    const { request, end } = await start("echo x", () => {}, AbortSignal.abort());
    await expect(end).rejects.toMatchObject({ code: "CANCELLED" });
    expect(readdirSync(request.scratch)).not.toContain("start.sh");
  });

  it("an abort at any instant of the start ends it", async () => {
    for (const delay of [0, 2, 5, 10, 15, 20, 30]) {
      const { request, end } = await start("sleep 1000", () => {}, AbortSignal.timeout(delay), 100);
      await expect(end).rejects.toMatchObject({ code: "CANCELLED" });
      expectNothingLeft(request.id);
    }
  });

  it("processes left behind end with process 1, and their output is not waited for", async () => {
    const { stdout, exitCode } = await runScene({
      lowers,
      argv: sh(`(sleep ${LONGER}; echo late) & echo done`),
      options: { driver },
    });
    expect([stdout, exitCode]).toEqual(["done\n", 0]);
    expect(processesWith(LONGER)).toEqual([]);
  });

  it("DR-03: a process ended by a signal has exit code 128 + n", async () => {
    const script = "sh -c 'kill -KILL $$'; echo $?";
    expect((await runScene({ lowers, argv: sh(script), options: { driver } })).stdout).toBe("137\n");
    const request = await prepareScene({ lowers, argv: sh("echo ready; sleep 1000") });
    let kill = (_: NodeJS.Signals): void => {};
    const end = await runContainer(request, {
      ...{ privilege: REAL_ROOT, path: process.env.PATH ?? "", driver },
      onStarted: (send) => {
        kill = send;
      },
      onOutput: () => kill("SIGKILL"),
    });
    expect(end.exitCode).toBe(137);
  });

  it("signals are passed on to the process", async () => {
    const script = "trap 'echo hup; exit 9' HUP; echo ready; while :; do sleep 0.05; done";
    const request = await prepareScene({ lowers, argv: sh(script) });
    let kill = (_: NodeJS.Signals): void => {};
    const end = await runContainer(request, {
      ...{ privilege: REAL_ROOT, path: process.env.PATH ?? "", driver },
      onStarted: (send) => {
        kill = send;
      },
      onOutput: (_, chunk) => chunk.toString() === "ready\n" && kill("SIGHUP"),
    });
    expect(end.exitCode).toBe(9);
  });

  it("a root filesystem that cannot be mounted is the runtime's failure, in the words of mount", async () => {
    const request = await prepareScene({ lowers });
    rmSync(join(request.scratch, "work"), { recursive: true });
    const failure = runContainer(request, { privilege: REAL_ROOT, path: process.env.PATH ?? "", driver });
    await expect(failure).rejects.toMatchObject({
      code: "RUNTIME_FAILED",
      message: expect.stringMatching(/could not be started: mount: .*merged/),
    });
  });

  it("what an output callback throws comes back", async () => {
    const request = await prepareScene({ lowers, argv: sh("echo x") });
    const failure = runContainer(request, {
      ...{ privilege: REAL_ROOT, path: process.env.PATH ?? "", driver },
      onOutput: () => {
        throw new RangeError("mine");
      },
    });
    await expect(failure).rejects.toThrow(RangeError);
  });

  it("nothing survives a kill -9 of the program that started it", async () => {
    const home = temporaryFolder();
    const limited = process.geteuid?.() === 0 ? { resources: { memory: 64 * 1024 * 1024 } } : {};
    const request = await prepareScene({ lowers, argv: sh(`echo ready; sleep ${LONG}`), ...limited });
    const { finish: _, ...rootfs } = request.rootfs;
    writeFileSync(join(home, "request.json"), JSON.stringify({ ...request, rootfs }));
    const starter = `
      import { readFileSync } from "node:fs";
      import { ownHierarchies } from "../../src/runtime/cgroup/container-cgroup.ts";
import { runContainer } from ${JSON.stringify(join(import.meta.dirname, "../../src/runtime/run-container.ts"))};
      const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
      await runContainer(request, {
        privilege: { userNamespace: false, xattrPrefix: "trusted.overlay." },
        path: process.argv[3], driver: process.argv[4],
        onOutput: (_, chunk) => process.stdout.write(chunk),
      });`;
    const outfile = join(home, "starter.mjs");
    buildSync({
      ...{ stdin: { contents: starter, resolveDir: home, loader: "ts" }, outfile, bundle: true },
      ...{ platform: "node", format: "esm", external: ["koffi"] },
      // koffi is found from here, not from where the bundle lies.
      define: { "import.meta.url": JSON.stringify(import.meta.url) },
      logLevel: "error",
    });
    const argv = [outfile, join(home, "request.json"), process.env.PATH ?? "", driver];
    const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(processesWith(LONG)).not.toEqual([]);
    child.kill("SIGKILL");
    await until(() => processesWith(LONG).length + processesWith(request.id).length === 0);
    expectNothingLeft(request.id);
    expectNothingLeft(request.scratch);
    // The control group itself can only be swept: the next container with limits does it.
    await runScene({ lowers, options: { driver }, ...limited });
    expect(cgroups(`slipway-${child.pid}-`)).toEqual([]);
  });
});
