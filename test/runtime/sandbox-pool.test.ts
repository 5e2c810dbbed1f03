import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SandboxPool } from "../../src/runtime/sandbox-pool.ts";
import { makeFolder } from "../support/folders.ts";
import { runScene, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

/** Shells that wait for their orders, of this process. */
function waiting(): number {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const isShell = readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("read -r script");
      return (
        isShell &&
        readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.split(" ")[1] === `${process.pid}`
      );
    } catch {
      return false;
    }
  }).length;
}

describe.each(["crun", "runc"])("containers of %s whose namespaces are made ahead", (driver) => {
  const run = (sandboxes: SandboxPool, scene: Partial<Parameters<typeof runScene>[0]> = {}) =>
    runScene({ lowers, argv: ["true"], ...scene, options: { driver, sandboxes, ...scene.options } });

  it("are what they are without", async () => {
    const pool = new SandboxPool(4);
    await pool.around(async () => {
      const script = sh("echo $$; hostname; echo no >&2; set -- /proc/[0-9]*; echo $#; exit 3");
      const first = await run(pool, { argv: script });
      expect(first).toMatchObject({ exitCode: 3, stdout: "1\nsandbox\n1\n", stderr: "no\n" });
      expect(waiting()).toBe(1);
      for (let round = 0; round < 2; round++)
        expect(await run(pool, { argv: script })).toMatchObject({
          exitCode: 3,
          stdout: first.stdout,
          stderr: "no\n",
        });
      expect((await run(pool, { argv: ["no-such-program"] })).exitCode).toBe(127);
      // As many as there were to be.
      expect(waiting()).toBe(0);
    });
  });

  it("keep their mounts, secrets and limits", async () => {
    const pool = new SandboxPool(9);
    await pool.around(async () => {
      await run(pool);
      const secret = {
        type: "secret",
        target: "/s",
        data: Buffer.from("key"),
        uid: 0,
        gid: 0,
        mode: 0o400,
      } as const;
      expect((await run(pool, { argv: ["cat", "/s"], mounts: [secret] })).stdout).toBe("key");
      const file = { type: "file", target: "/f", content: "text\n", mode: 0o644 } as const;
      expect((await run(pool, { argv: ["cat", "/f"], mounts: [file] })).stdout).toBe("text\n");
      expect((await run(pool, { argv: sh("ls /s /f") })).exitCode).not.toBe(0);
    });
    expect(waiting()).toBe(0);
  });

  it("end with the work, with what went wrong in it, and when the build is stopped", async () => {
    const pool = new SandboxPool(5);
    const failure = pool.around(async () => {
      await run(pool);
      expect(waiting()).toBe(1);
      throw new Error("the work failed");
    });
    await expect(failure).rejects.toThrow("the work failed");
    expect(waiting()).toBe(0);

    const stopped = new SandboxPool(5);
    const controller = new AbortController();
    const { signal } = controller;
    const end = stopped.around(async () => {
      await run(stopped);
      const onOutput = () => controller.abort();
      await run(stopped, { argv: sh("echo ready; sleep 60"), options: { signal, onOutput } });
    });
    await expect(end).rejects.toMatchObject({ code: "CANCELLED" });
    expect(waiting()).toBe(0);
  });

  it("what reading the output throws is thrown", async () => {
    const pool = new SandboxPool(3);
    await pool.around(async () => {
      await run(pool);
      const onOutput = () => {
        throw new Error("cannot take it");
      };
      await expect(run(pool, { argv: ["echo", "x"], options: { onOutput } })).rejects.toThrow(
        "cannot take it",
      );
    });
  });
});
