import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isFilter } from "../../src/runtime/compiled-filter.ts";
import { makeFolder, temporaryFolder } from "../support/folders.ts";
import { runScene, sh, writeBusybox } from "./containers.ts";

const folder = makeFolder();
let lowers: readonly string[] = [];
beforeAll(async () => {
  lowers = [await writeBusybox(folder.path)];
});
afterAll(folder.remove);

/** What a filter decides: a call that is allowed, and one that is not. */
const QUESTION = sh("mkdir /d && echo made; unshare -U true 2>&1; grep Seccomp: /proc/self/status");
const run = (filterFolder: string, scene: Partial<Parameters<typeof runScene>[0]> = {}) =>
  runScene({ lowers, argv: QUESTION, ...scene, options: { driver: "crun", filterFolder } });
const fileOf = (filterFolder: string): string => join(filterFolder, readdirSync(filterFolder)[0]!);

const instruction = (code: number, jt: number, jf: number, k: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code);
  bytes[2] = jt;
  bytes[3] = jf;
  bytes.writeUInt32LE(k, 4);
  return bytes;
};
const RETURN_ALLOW = instruction(0x06, 0, 0, 0x7fff0000);

describe("the filter of a container", () => {
  it("RX-02: is kept as crun compiled it, and decides the same from then on", async () => {
    const filters = join(temporaryFolder(), "filters");
    const first = await run(filters);
    expect(first.stdout).toMatch(/^made\nunshare: .*Operation not permitted\nSeccomp:\t2\n$/);
    expect(readdirSync(filters)).toHaveLength(1);
    expect(isFilter(readFileSync(fileOf(filters)))).toBe(true);
    expect(statSync(fileOf(filters)).mode & 0o777).toBe(0o600);
    const { mtimeMs } = statSync(fileOf(filters));
    expect((await run(filters)).stdout).toBe(first.stdout);
    expect(statSync(fileOf(filters)).mtimeMs).toBe(mtimeMs);
  });

  it("is another one for other capabilities, and none where everything is allowed", async () => {
    const filters = temporaryFolder();
    await run(filters);
    await run(filters, { addCapabilities: ["SYS_ADMIN"] });
    expect(readdirSync(filters)).toHaveLength(2);
    await run(filters, { security: "insecure" });
    expect(readdirSync(filters)).toHaveLength(2);
  });

  it("comes from the kept file, but from none that others may write, or that is no filter", async () => {
    const filters = temporaryFolder();
    const { stdout } = await run(filters);
    writeFileSync(fileOf(filters), RETURN_ALLOW);
    expect((await run(filters)).stdout).toBe("made\nSeccomp:\t2\n");
    chmodSync(fileOf(filters), 0o620);
    expect((await run(filters)).stdout).toBe(stdout);
    for (const bytes of [Buffer.alloc(0), Buffer.from("no filter"), Buffer.alloc(800)]) {
      writeFileSync(fileOf(filters), bytes, { mode: 0o600 });
      expect((await run(filters)).stdout).toBe(stdout);
    }
  });

  it("is compiled each time where its folder cannot be made", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    expect((await run(join(file, "filters"))).stdout).toMatch(/^made\nunshare:/);
    expect(existsSync(join(file, "filters"))).toBe(false);
  });
});

describe("isFilter", () => {
  const jump = (jt: number, jf: number) => instruction(0x15, jt, jf, 1);
  const always = (k: number) => instruction(0x05, 0, 0, k);

  it.each<[string, readonly Buffer[], boolean]>([
    ["a return", [RETURN_ALLOW], true],
    ["jumps inside", [jump(0, 1), always(0), RETURN_ALLOW], true],
    ["nothing", [], false],
    ["no return at the end", [RETURN_ALLOW, jump(0, 0)], false],
    ["a jump behind the end", [jump(0, 1), RETURN_ALLOW], false],
    ["a far jump behind the end", [always(7), RETURN_ALLOW], false],
    ["a piece of an instruction", [RETURN_ALLOW, Buffer.alloc(3)], false],
    ["too many", Array(4097).fill(RETURN_ALLOW), false],
  ])("%s", (_, program, isOne) => expect(isFilter(Buffer.concat(program))).toBe(isOne));
});
