import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { type RunningProcess, spawnProcess } from "../../src/sys/process.ts";
import { childrenOf, descendantOf, killTree, searchedChildren, stateOf } from "../../src/sys/process-tree.ts";

const started: RunningProcess[] = [];

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.pid !== undefined) killTree(child.pid);
    await child.done;
  }
});

/** A shell that starts two processes, of which the first starts one more; its answer is the ids of all of them. */
async function family(): Promise<{ readonly pid: number; readonly ids: readonly number[] }> {
  const wait = "exec sleep 1000 >/dev/null";
  const script = `sh -c 'sh -c "echo \\$\\$; ${wait}" & echo $$; wait' & sh -c 'echo $$; ${wait}' & wait`;
  const child = spawnProcess(["sh", "-c", script], {
    env: { PATH: process.env.PATH! },
    streamStdout: true,
  });
  started.push(child);
  const ids: number[] = [];
  const lines = createInterface(child.stdout!);
  lines.on("line", (line) => ids.push(Number(line)));
  while (ids.length < 3) await once(lines, "line");
  child.stdout!.destroy();
  return { pid: child.pid!, ids };
}

describe("the tree of processes", () => {
  it("children are those that a search of the whole of /proc finds", async () => {
    const { pid, ids } = await family();
    const children = childrenOf(pid);
    expect(children).toHaveLength(2);
    expect(ids).toEqual(expect.arrayContaining([...children]));
    expect([...searchedChildren(pid)].sort((a, b) => a - b)).toEqual(children);
    const grandchildren = children.flatMap(childrenOf);
    expect(grandchildren).toHaveLength(1);
    expect(ids).toEqual(expect.arrayContaining(grandchildren));
  });

  it("a line of descendants ends where there are no more", async () => {
    const { pid } = await family();
    expect(descendantOf(pid, 0)).toBe(pid);
    expect(descendantOf(pid, 1)).toBe(childrenOf(pid)[0]);
    expect(descendantOf(pid, 4)).toBeUndefined();
  });

  it("a process that is gone has no children", async () => {
    const child = spawnProcess(["true"], { env: { PATH: process.env.PATH! } });
    await child.done;
    expect(childrenOf(child.pid!)).toEqual([]);
  });

  it("a process is ended with all that it started", async () => {
    const { pid, ids } = await family();
    killTree(pid);
    await started.at(-1)!.done;
    // One that nobody waits for stays as a zombie.
    await expect.poll(() => ids.filter((id) => !["Z", undefined].includes(stateOf(id)))).toEqual([]);
  });
});
