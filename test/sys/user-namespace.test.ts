import { describe, expect, it } from "vitest";
import { describeUserNamespace, enterArgv } from "../../src/sys/user-namespace.ts";
import { asUser } from "../support/test-user.ts";
import { runOrFail } from "../support/tools.ts";

const path = process.env.PATH ?? "";

describe("describeUserNamespace", () => {
  it("is available to a user with subordinate ids", async () => {
    const user = await asUser();
    user.remove();
    expect(describeUserNamespace({ uid: user.uid, path })).toEqual({ available: true });
  });

  it("says which ranges a user lacks, and how to get them", () => {
    const { available, reason } = describeUserNamespace({ uid: 3_999_999_999, path });
    expect(available).toBe(false);
    expect(reason).toBe(
      "user 3999999999 has no range in /etc/subuid (root can add one: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 3999999999)",
    );
  });
});

describe("enterArgv", () => {
  it("makes the caller root of a namespace where 65,536 further ids are mapped", async () => {
    const user = await asUser();
    try {
      const script = "id -u; id -g; cat /proc/self/uid_map";
      const [file, ...args] = [...user.prefix, ...enterArgv(["sh", "-c", script])] as [string, ...string[]];
      const lines = (await runOrFail(file, args, { cwd: "/" })).trim().split("\n");
      const map = lines.slice(2).map((line) => line.trim().split(/\s+/).map(Number));
      expect(lines.slice(0, 2)).toEqual(["0", "0"]);
      expect(map[0]).toEqual([0, user.uid, 1]);
      expect([map[1]?.[0], map[1]?.[2]]).toEqual([1, 65_535]);
    } finally {
      user.remove();
    }
  });
});
