import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readBounded } from "../../src/context/read-bounded.ts";
import { tempFolder } from "./temp-folder.ts";

function makePipe(): string {
  const path = join(tempFolder({}), "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

it("waits for the first writer of a pipe, and then until the last has gone", async () => {
  const path = makePipe();
  const read = readBounded(path, { limit: 100 });
  const first = await open(path, "w");
  const second = await open(path, "w");
  await first.write("one ");
  await first.close();
  await second.write("two");
  await second.close();
  expect((await read).toString()).toBe("one two");
});

it("gives an empty text where a writer came and wrote nothing", async () => {
  const path = makePipe();
  const read = readBounded(path, { limit: 100 });
  await (await open(path, "w")).close();
  expect(await read).toHaveLength(0);
});

it("MT-14: stops waiting when it is told to, whether or not somebody has the pipe", async () => {
  const path = makePipe();
  for (const hasWriter of [false, true]) {
    const controller = new AbortController();
    const read = readBounded(path, { limit: 100, signal: controller.signal });
    const refused = expect(read).rejects.toMatchObject({ code: "CANCELLED" });
    const writer = hasWriter ? openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) : undefined;
    controller.abort();
    await refused;
    if (writer !== undefined) closeSync(writer);
  }
});

it("MT-14: reads no more than shows that it is too much: of files, devices and pipes", async () => {
  const path = makePipe();
  const read = readBounded(path, { limit: 10 });
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  writeSync(writer, "x".repeat(1000));
  expect(await read).toHaveLength(11);
  closeSync(writer);
  expect(await readBounded("/dev/zero", { limit: 200_000 })).toHaveLength(200_001);
  expect(await readBounded(join(tempFolder({ f: "0123456789ab" }), "f"), { limit: 10 })).toHaveLength(11);
});
