import { describe, expect, it } from "vitest";
import { isSlipwayError } from "../../src/core/errors.ts";
import { findTool, runProcess, spawnProcess } from "../../src/sys/process.ts";

const env = { PATH: "/usr/bin:/bin" };
const sh = (script: string): string[] => ["/bin/sh", "-c", script];

function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "resolved",
    (error) => (isSlipwayError(error) ? error.code : String(error)),
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function waitUntilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe("runProcess", () => {
  it("gives exit code, stdout and stderr apart", async () => {
    const result = await runProcess(sh("echo out; echo err >&2; exit 3"), { env });
    expect(result).toEqual({ exitCode: 3, stdout: Buffer.from("out\n"), stderr: Buffer.from("err\n") });
  });

  it("inherits no variable", async () => {
    const result = await runProcess(["/usr/bin/env"], { env: { ONLY: "this" } });
    expect(result.stdout.toString()).toBe("ONLY=this\n");
  });

  it("feeds stdin and survives a program that does not read it", async () => {
    const input = Buffer.alloc(300_000, "x");
    expect((await runProcess(["wc", "-c"], { env, stdin: input })).stdout.toString().trim()).toBe("300000");
    expect((await runProcess(sh("exit 4"), { env, stdin: input })).exitCode).toBe(4);
    expect((await runProcess(["wc", "-c"], { env })).stdout.toString().trim()).toBe("0");
  });

  it("reports a signal as 128 + n", async () => {
    const result = await runProcess(sh("kill -KILL $$"), { env });
    expect([result.exitCode, result.signal]).toEqual([137, "SIGKILL"]);
  });

  it("names the tool that is missing", async () => {
    const failure = runProcess(["no-such-tool-here"], { env });
    await expect(failure).rejects.toMatchObject({
      code: "TOOL_NOT_FOUND",
      facts: { tool: "no-such-tool-here" },
    });
  });

  it("tells a missing folder from a missing tool", async () => {
    expect(await codeOf(runProcess(["true"], { env, cwd: "/no/such/folder" }))).toBe("TOOL_FAILED");
  });

  it("refuses more output than allowed", async () => {
    expect(await codeOf(runProcess(sh("while :; do echo yes; done"), { env, maxOutput: 1000 }))).toBe(
      "TOOL_FAILED",
    );
  });

  it("ends a process whose time is up", async () => {
    expect(await codeOf(runProcess(sh("sleep 1000"), { env, timeoutMs: 50 }))).toBe("TOOL_FAILED");
  });
});

describe("spawnProcess", () => {
  it("ends the whole group on abort, also what ignores SIGTERM", async () => {
    const abort = new AbortController();
    let child = 0;
    const running = spawnProcess(sh("trap '' TERM; (trap '' TERM; sleep 1000) & echo $!; wait"), {
      env,
      signal: abort.signal,
      graceMs: 50,
      onStdout: (chunk) => {
        child = Number(chunk.toString());
        abort.abort("enough");
      },
    });
    await expect(running.done).rejects.toMatchObject({ code: "CANCELLED", cause: "enough" });
    await waitUntilGone(child);
    expect(isAlive(running.pid!)).toBe(false);
  });

  it("does not start when already aborted", async () => {
    const running = spawnProcess(["true"], { env, signal: AbortSignal.abort() });
    expect(running.pid).toBeUndefined();
    expect(await codeOf(running.done)).toBe("CANCELLED");
  });

  it("fails with what an output callback throws", async () => {
    const running = spawnProcess(sh("echo x; sleep 1000"), {
      env,
      onStdout: () => {
        throw new RangeError("mine");
      },
    });
    await expect(running.done).rejects.toThrow(RangeError);
  });

  it("delivers all output before it settles", async () => {
    let size = 0;
    await spawnProcess(["head", "-c", "3000000", "/dev/zero"], {
      env,
      onStdout: (chunk) => {
        size += chunk.length;
      },
    }).done;
    expect(size).toBe(3_000_000);
  });

  it("offers stdin as a stream", async () => {
    let out = "";
    const running = spawnProcess(["cat"], {
      env,
      stdio: ["pipe", "pipe", "pipe"],
      onStdout: (chunk) => {
        out += chunk;
      },
    });
    running.stdin!.end("hello");
    expect(await running.done).toEqual({ exitCode: 0 });
    expect(out).toBe("hello");
  });
});

describe("findTool", () => {
  it("takes the first name there is and looks in the system folders too", () => {
    expect(findTool(["no-such-tool", "sh"], "/usr/bin")).toBe("/usr/bin/sh");
    expect(findTool("useradd", "/nowhere")).toBe("/usr/sbin/useradd");
    expect(findTool("no-such-tool", "/usr/bin")).toBeUndefined();
  });

  it("passes over relative folders", () => {
    expect(findTool("process.test.ts", "test/sys:.:")).toBeUndefined();
  });
});

describe("streamStdout", () => {
  it("leaves the output to the caller, who holds the program back by not reading", async () => {
    const child = spawnProcess(sh("head -c 3000000 /dev/zero; exit 5"), { env, streamStdout: true });
    let size = 0;
    for await (const chunk of child.stdout!) size += (chunk as Buffer).length;
    expect([size, (await child.done).exitCode]).toEqual([3_000_000, 5]);
  });

  it("ends with an output that is destroyed", async () => {
    const child = spawnProcess(["yes"], { env, streamStdout: true });
    child.stdout!.destroy();
    expect((await child.done).exitCode).not.toBe(0);
  });
});
