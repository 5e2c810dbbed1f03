import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { argumentsTooLong, stackBytes } from "../../src/container/argument-size.ts";
import { commandProblem } from "../../src/container/command-problem.ts";
import { programKind } from "../../src/container/program-head.ts";
import { MemoryTree } from "../execute/memory-tree.ts";

const EXECUTABLE = 0o755;
const STACK = 8 * 1024 * 1024;

const tree = new MemoryTree({
  "bin/sh": { text: "\x7fELF static enough for a test", mode: EXECUTABLE },
  "bin/plain": "not executable",
  "usr/bin/plain": { text: "#!/bin/sh\n", mode: EXECUTABLE },
  "t/script": { text: "#! /bin/sh -e\n", mode: EXECUTABLE },
  "t/lost": { text: "#!/no/such -x\n", mode: EXECUTABLE },
  "t/folder": { text: "#!/bin\n", mode: EXECUTABLE },
  "t/twice": { text: "#!/t/lost\n", mode: EXECUTABLE },
  "t/text": { text: "echo\n", mode: EXECUTABLE },
  "t/empty": { text: "", mode: EXECUTABLE },
  "t/owned": { text: "#!/bin/sh\n", mode: 0o710, uid: 5, gid: 6 },
  "t/link": { link: "/bin/plain" },
  "t/dangling": { link: "nowhere" },
  "t/round": { link: "round" },
  "t/fifo": { fifo: true },
} as ConstructorParameters<typeof MemoryTree>[0]);

async function asked(argv: readonly string[], more: { uid?: number; gid?: number; mounts?: string[] } = {}) {
  const { uid = 0, gid = 0, mounts = [] } = more;
  const problem = await commandProblem({
    ...{ tree, argv, env: ["PATH=/bin:/usr/bin:"], cwd: "/t", stack: STACK, mounts },
    user: { uid, gid, additionalGids: [] },
    head: async (path) => Buffer.from(tree.texts.get(path) ?? "", "latin1"),
  });
  return problem && `${problem.exitCode} ${problem.failure.replace(/^cannot execute /, "")}`;
}

describe("why a command cannot be started", () => {
  it("DR-03: 127 for what is not there, its interpreter included", async () => {
    expect(await asked(["nosuch"])).toBe('127 "nosuch": executable file not found in $PATH');
    expect(await asked([""])).toBe('127 "": executable file not found in $PATH');
    expect(await asked(["/t/nosuch"])).toBe('127 "/t/nosuch": no such file or directory');
    expect(await asked(["/t/script/x"])).toContain("127 ");
    expect(await asked(["/t/dangling"])).toContain("127 ");
    const lost = 'its interpreter "/no/such": no such file or directory';
    expect(await asked(["./lost"])).toBe(`127 "./lost": ${lost}`);
    expect(await asked(["/t/twice"])).toBe(`127 "/t/twice": ${lost}`);
  });

  it("DR-03: 126 for what is there and cannot be executed", async () => {
    expect(await asked(["/t"])).toBe('126 "/t": it is a directory');
    expect(await asked(["/t/link"])).toBe('126 "/t/link": permission denied: it is not executable');
    expect(await asked(["/t/fifo"])).toBe('126 "/t/fifo": it is no regular file');
    expect(await asked(["/t/folder"])).toBe('126 "/t/folder": its interpreter "/bin": it is a directory');
    for (const name of ["/t/text", "/t/empty"]) expect(await asked([name])).toContain("126 ");
    expect(await asked(["/t/owned"], { uid: 7, gid: 7 })).toContain("permission denied");
  });

  it("none for what can be started, or of which nobody outside can tell", async () => {
    for (const name of ["sh", "plain", "script", "/t/script", "./script"])
      expect(await asked([name]), name).toBe(undefined);
    expect(await asked(["/t/owned"], { uid: 7, gid: 6 })).toBe(undefined);
    expect(await asked(["/t/owned"], { uid: 5 })).toBe(undefined);
    expect(await asked(["/t/round"])).toBe(undefined);
    expect(await asked(["/t/nosuch"], { mounts: ["/t"] })).toBe(undefined);
    expect(await asked(["nosuch"], { mounts: ["/usr/bin"] })).toBe(undefined);
  });

  it("126 for more than the kernel takes", async () => {
    expect(await asked(["sh", "x".repeat(131_071)])).toBe(undefined);
    expect(await asked(["sh", "x".repeat(131_072)])).toContain("argument list too long");
    const many = { argv: ["x".repeat(99_991)], env: Array.from({ length: 20 }, () => "y".repeat(99_991)) };
    expect(argumentsTooLong({ ...many, stack: STACK })).toContain("it has 2100000 bytes");
    expect(argumentsTooLong({ ...many, stack: 2 * STACK })).toBe(undefined);
    expect(stackBytes([{ name: "stack", soft: 4096, hard: 4096 }])).toBe(4096);
    expect(stackBytes([], -1)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what a program needs", () => {
  it("is read from its head", () => {
    expect(programKind(Buffer.from("#!\t/bin/sh -e\n"))).toEqual({ kind: "script", interpreter: "/bin/sh" });
    expect(programKind(Buffer.from("#!\n/bin/sh"))).toEqual({ kind: "other" });
    expect(programKind(Buffer.alloc(0))).toEqual({ kind: "other" });
    const own = programKind(readFileSync(process.execPath).subarray(0, 4096));
    expect(own).toEqual({ kind: "elf", interpreter: expect.stringMatching(/^\/lib.*ld/) });
  });

  it("is not guessed from headers that lie", () => {
    const head = Buffer.alloc(4096, 0xff);
    head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    expect(programKind(head)).toEqual({ kind: "elf" });
    expect(programKind(head.subarray(0, 30))).toEqual({ kind: "elf" });
    head.set([0x7f, 0x45, 0x4c, 0x46, 1, 2]);
    expect(programKind(head)).toEqual({ kind: "elf" });
  });
});
