import { describe, expect, it } from "vitest";
import { resolveOwner } from "../../src/execute/copy/owner.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/:\napp:x:1000:1001::/:\n",
  "etc/group": "root:x:0:\nusers:x:100:\n",
};

const read = async (path: string) => FILES[path];

describe("--chown", () => {
  it.each([
    ["5", 5, 5],
    ["5:6", 5, 6],
    ["5:", 5, 0],
    [":6", 0, 6],
    ["root", 0, 0],
    ["app", 1000, 1001],
    ["app:users", 1000, 100],
    ["app:", 1000, 0],
    ["nosuch", 0, 0],
    ["nosuch:users", 0, 100],
    ["5:nosuch", 5, 5],
    ["app:nosuch", 1000, 1001],
    ["1:2:3", 1, 1],
    ["+5:+6", 5, 6],
    ["2147483647", 2_147_483_647, 2_147_483_647],
    ["2147483648:2147483648", 0, 0],
  ])("CP-14: %s", async (text, uid, gid) => {
    expect(await resolveOwner(text, read)).toEqual({ uid, gid });
  });

  it("CP-14: without accounts every name is 0", async () => {
    expect(await resolveOwner("app:users", async () => undefined)).toEqual({ uid: 0, gid: 0 });
  });

  it.each(["app", "5:users"])("CP-19: %s needs a root filesystem to look into", async (text) => {
    await expect(resolveOwner(text, undefined)).rejects.toThrow("invalid user index -1");
  });

  it.each(["5", "5:6", "root:root", "5:"])("CP-19: %s needs none", async (text) => {
    await expect(resolveOwner(text, undefined)).resolves.toBeDefined();
  });
});
