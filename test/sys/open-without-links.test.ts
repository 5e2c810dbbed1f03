import { closeSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { temporaryFolder } from "../support/folders.ts";

// Another file's tests may have loaded what is to be mocked.
beforeEach(() => void vi.resetModules());
afterEach(() => {
  vi.doUnmock("../../src/sys/libc.ts");
  vi.resetModules();
});

it.each(["openat2", "a kernel without it", "a filter that refuses it", "nothing but Node"])(
  "opens no file behind a link, with %s",
  async (means) => {
    const code = { "a kernel without it": "ENOSYS", "a filter that refuses it": "EPERM" }[means];
    if (means !== "openat2")
      vi.doMock("../../src/sys/libc.ts", () => ({
        hasLibc: () => code !== undefined,
        libc: () => ({
          openWithoutLinks: () => {
            throw Object.assign(new Error(code), { code });
          },
        }),
      }));
    const { openWithoutLinks } = await import("../../src/sys/open-without-links.ts");
    const folder = realpathSync(temporaryFolder());
    mkdirSync(join(folder, "d"));
    writeFileSync(join(folder, "d/f\u00e9"), "text");
    symlinkSync("d", join(folder, "l"));
    symlinkSync("f\u00e9", join(folder, "d/l"));
    const fd = openWithoutLinks(join(folder, "d/f\u00e9"));
    expect(readFileSync(fd, "utf8")).toBe("text");
    closeSync(fd);
    for (const path of ["l/f\u00e9", "d/l"])
      expect(() => openWithoutLinks(join(folder, path))).toThrow(expect.objectContaining({ code: "ELOOP" }));
    expect(() => openWithoutLinks(join(folder, "none"))).toThrow(expect.objectContaining({ code: "ENOENT" }));
  },
);
