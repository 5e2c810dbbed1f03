import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDestination, outputError } from "../../src/output/destination.ts";
import { temporaryFolder } from "../support/folders.ts";

const bytes = Buffer.from("archive");

async function put(folder: string, dest: string): Promise<void> {
  const destination = await openDestination(dest, { cwd: folder });
  await destination.write((sink) => sink.write(bytes));
}

describe("destinations", () => {
  it("a file is replaced as a whole, and stays as it is when the work fails", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "a"), "before");
    const destination = await openDestination("a", { cwd: folder });
    const work = destination.write(async (sink) => {
      await sink.write(bytes);
      throw new Error("no more");
    });
    await expect(work).rejects.toThrow("no more");
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("before");
    await put(folder, "a");
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("archive");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it.each(["there", "missing"])("a symlink stays and its target is written: %s", async (target) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "there"), "before");
    symlinkSync(target, join(folder, "link"));
    await put(folder, "link");
    expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(folder, target), "utf8")).toBe("archive");
  });

  it("a symlink to itself is refused", async () => {
    const folder = temporaryFolder();
    symlinkSync("loop", join(folder, "loop"));
    await expect(put(folder, "loop")).rejects.toMatchObject({
      code: expect.stringMatching(/SYMLINK_LOOP|OUTPUT_INVALID/),
    });
  });

  it("a pipe gets the bytes and stays a pipe", async () => {
    const folder = temporaryFolder();
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const { open } = await import("node:fs/promises");
    const reading = open(pipe, "r").then(async (handle) => {
      const text = await handle.readFile("utf8");
      await handle.close();
      return text;
    });
    await put(folder, "pipe");
    expect(await reading).toBe("archive");
    expect(lstatSync(pipe).isFIFO()).toBe(true);
  });

  it("a device stays a device, also behind a symlink", async ({ skip }) => {
    const folder = temporaryFolder();
    try {
      execFileSync("mknod", [join(folder, "null"), "c", "1", "3"], { stdio: "ignore" });
    } catch {
      skip();
    }
    symlinkSync("null", join(folder, "link"));
    try {
      writeFileSync(join(folder, "null"), "");
    } catch {
      skip(); // a file system mounted with nodev
    }
    await put(folder, "link");
    await put(folder, "null");
    expect(lstatSync(join(folder, "null")).isCharacterDevice()).toBe(true);
    expect(existsSync(join(folder, "link"))).toBe(true);
  });
});

it("a full disk, or a closed one, is that of the destination", () => {
  const failure = (code: string) => outputError(Object.assign(new Error(code), { code }), "/usb/stick/a.tar");
  const place = expect.stringContaining("/usb/stick");
  expect(failure("ENOSPC")).toMatchObject({ code: "DISK_FULL", message: place, hint: place });
  expect(failure("EACCES")).toMatchObject({
    code: "PERMISSION_DENIED",
    hint: expect.not.stringContaining("SLIPWAY_HOME"),
  });
});
