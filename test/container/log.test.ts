import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readLog } from "../../src/container/log-reader.ts";
import { type LogLine, LogWriter } from "../../src/container/log-writer.ts";
import { temporaryFolder } from "../support/folders.ts";

async function read(folder: string, query = {}, mayGrow = () => false): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const line of readLog(folder, query, mayGrow)) lines.push(line);
  return lines;
}

const texts = (lines: readonly LogLine[]) => lines.map(({ log }) => log);

describe("the log of a container", () => {
  it("has one entry for each line, with its stream and time; what has no end comes at the end", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder);
    log.write("stdout", Buffer.from("one\ntw"));
    log.write("stderr", Buffer.from("bad\n"));
    log.write("stdout", Buffer.from("o\nthree"));
    log.close();
    const lines = await read(folder);
    expect(texts(lines)).toEqual(["one\n", "bad\n", "two\n", "three"]);
    expect(lines.map(({ stream }) => stream)).toEqual(["stdout", "stderr", "stdout", "stdout"]);
    expect(lines[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it("cuts long lines into parts between characters", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder);
    const line = `${"x".repeat(16_383)}ä${"y".repeat(100)}\n`;
    log.write("stdout", Buffer.from(line));
    log.close();
    const parts = texts(await read(folder));
    expect(parts.length).toBe(2);
    expect(parts.join("")).toBe(line);
  });

  it("is rotated, keeps so many files, and is read through all of them in order", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 2000, files: 3 });
    for (let n = 0; n < 100; n++) log.write("stdout", Buffer.from(`line ${n}\n`));
    log.close();
    expect(readdirSync(folder).length).toBeLessThanOrEqual(3);
    const numbers = texts(await read(folder)).map((text) => Number(text.slice(5)));
    expect(numbers.at(-1)).toBe(99);
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    expect(numbers.length).toBeGreaterThan(25);
  });

  it("gives the last lines, and those of a time", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder);
    log.write("stdout", Buffer.from("1\n2\n3\n"));
    log.close();
    expect(texts(await read(folder, { tail: 2 }))).toEqual(["2\n", "3\n"]);
    expect(await read(folder, { tail: 0 })).toEqual([]);
    expect(await read(folder, { since: Date.now() + 60_000 })).toEqual([]);
    expect((await read(folder, { since: Date.now() - 60_000 })).length).toBe(3);
    expect(await read(folder, { until: Date.now() - 60_000 })).toEqual([]);
  });

  it("is followed over a rotation until nobody writes any more", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 500, files: 5 });
    log.write("stdout", Buffer.from("0\n"));
    let n = 1;
    const lines = await read(folder, { follow: true }, () => {
      for (const end = n + 5; n < end && n < 20; n++) log.write("stdout", Buffer.from(`${n}\n`));
      return n < 20;
    });
    log.close();
    expect(texts(lines)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n`));
  });
});
