import { closeSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openBelow } from "../../src/sys/open-below.ts";
import { temporaryFolder } from "../support/folders.ts";

it("opens regular files below a folder, and nothing behind a link", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "root/d"), { recursive: true });
  for (const path of ["root/d/f", "f"]) writeFileSync(join(folder, path), path);
  symlinkSync("..", join(folder, "root/out"));
  symlinkSync("../f", join(folder, "root/link"));
  symlinkSync("root", join(folder, "way"));
  const fd = openBelow(join(folder, "way"), "d/f");
  expect(readFileSync(fd!, "utf8")).toBe("root/d/f");
  closeSync(fd!);
  expect(() => openBelow(join(folder, "root"), "out/f")).toThrow(
    expect.objectContaining({ code: "ENOTDIR" }),
  );
  expect(openBelow(join(folder, "root"), "link")).toBeUndefined();
  expect(openBelow(join(folder, "root"), "d")).toBeUndefined();
});
