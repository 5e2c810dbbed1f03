import { appendFileSync, readdirSync, readFileSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readLog } from "../../src/container/log-reader.ts";
import { type LogLine, LogWriter, logFile } from "../../src/container/log-writer.ts";
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

  it("is read whole where files are rotated while it is read", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 500, files: 5 });
    let n = 0;
    const write = (count: number) => {
      for (const end = n + count; n < end; n++) log.write("stdout", Buffer.from(`${n}\n`));
    };
    write(15);
    const before = readdirSync(folder).length;
    const seen: number[] = [];
    for await (const { log: text } of readLog(folder, {}, () => false)) {
      seen.push(Number(text));
      if (seen.length === 1) write(15);
    }
    expect(before).toBeGreaterThan(1);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i));
    log.close();
  });

  it("is followed through several rotations between two looks", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 500, files: 5 });
    log.write("stdout", Buffer.from("0\n"));
    let n = 1;
    let gaps = 0;
    const query = { follow: true, onGap: () => void gaps++ };
    const lines = await read(folder, query, () => {
      // Some seven lines make a file: no more are put aside than are kept.
      for (const end = n + 22; n < end && n < 67; n++) log.write("stdout", Buffer.from(`${n}\n`));
      return n < 67;
    });
    log.close();
    expect(texts(lines)).toEqual(Array.from({ length: 67 }, (_, i) => `${i}\n`));
    expect(gaps).toBe(0);
  });

  it("says that lines are missing where it was rotated away unread, and goes on with the oldest", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 500, files: 5 });
    log.write("stdout", Buffer.from("0\n"));
    let n = 1;
    let gaps = 0;
    const lines = await read(folder, { follow: true, onGap: () => void gaps++ }, () => {
      for (const end = n + 100; n < end && n < 101; n++) log.write("stdout", Buffer.from(`${n}\n`));
      return n < 101;
    });
    log.close();
    const numbers = texts(lines).map(Number);
    expect(gaps).toBe(1);
    expect(numbers.filter((number, i) => i > 0 && number !== numbers[i - 1]! + 1).length).toBe(1);
    expect(numbers.at(-1)).toBe(100);
  });

  it("gives the last lines also where they begin in an older file, and in the middle of a block", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder, { maximumBytes: 200_000, files: 5 });
    for (let n = 0; n < 4000; n++) log.write("stdout", Buffer.from(`ä ${n}\n`));
    log.close();
    expect(readdirSync(folder).length).toBeGreaterThan(1);
    const all = texts(await read(folder));
    for (const tail of [1, 2, 700, 900, 1777, 3999, 4000, 5000])
      expect(texts(await read(folder, { tail }))).toEqual(all.slice(-tail));
  });

  it("reads no more of a long log than its last lines take", async () => {
    const folder = temporaryFolder();
    const log = new LogWriter(folder);
    log.write("stdout", Buffer.from("1\n2\n"));
    log.close();
    // A hole of the size of many logs: nobody could read that.
    const last = readFileSync(logFile(folder, 0));
    truncateSync(logFile(folder, 0), 0);
    truncateSync(logFile(folder, 0), 2 ** 36);
    appendFileSync(logFile(folder, 0), Buffer.concat([Buffer.from("\n"), last]));
    expect(texts(await read(folder, { tail: 1 }))).toEqual(["2\n"]);
  });

  it("loses no line after one that was cut short", async () => {
    const folder = temporaryFolder();
    const first = new LogWriter(folder);
    first.write("stdout", Buffer.from("1\n"));
    first.close();
    appendFileSync(logFile(folder, 0), '{"log":"to');
    const second = new LogWriter(folder);
    second.write("stdout", Buffer.from("2\n"));
    second.close();
    expect(texts(await read(folder))).toEqual(["1\n", "2\n"]);
    expect(texts(await read(folder, { tail: 2 }))).toEqual(["1\n", "2\n"]);
  });
});
