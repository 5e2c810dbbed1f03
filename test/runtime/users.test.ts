import { describe, expect, it } from "vitest";
import { resolveUser } from "../../src/runtime/users.ts";

const passwd = Buffer.from(
  [
    "root:x:0:0:root:/root:/bin/sh",
    "# a comment",
    "app:x:1000:1001:App:/srv/app:/bin/sh",
    "1234:x:77:78::/named-by-number:/bin/sh",
    "broken:x:abc:1::/:/bin/sh",
    "homeless:x:1500:1500:::/bin/sh",
    "",
  ].join("\n"),
);
const group = Buffer.from("root:x:0:\nwheel:x:10:root,app\napp:x:1001:\nvideo:x:44:app\nodd:x:x:app\n");
const resolve = (user: string) => resolveUser({ user, passwd, group });

describe("resolveUser", () => {
  it("RN-06: an unset user is root with root's supplementary groups", () => {
    expect(resolve("")).toEqual({ uid: 0, gid: 0, additionalGids: [0, 10], home: "/root" });
    expect(resolve("root")).toEqual(resolve(""));
  });

  it("RN-06: a name brings its primary and its supplementary groups", () => {
    expect(resolve("app")).toEqual({
      uid: 1000,
      gid: 1001,
      additionalGids: [10, 44, 1001],
      home: "/srv/app",
    });
  });

  it("RN-06: a lone number is looked up, and is in group 0 where nobody has it", () => {
    expect(resolve("1000")).toEqual({
      uid: 1000,
      gid: 1001,
      additionalGids: [10, 44, 1001],
      home: "/srv/app",
    });
    expect(resolve("4000")).toEqual({ uid: 4000, gid: 0, additionalGids: [0], home: "/" });
  });

  it("RN-06: a number is a number, even where somebody is called so", () => {
    expect(resolve("1234")).toEqual({ uid: 1234, gid: 0, additionalGids: [0], home: "/" });
  });

  it("RN-06: a number may have a sign", () => {
    expect(resolve("+0")).toEqual(resolve("0"));
    expect(resolve("-0")).toEqual(resolve("0"));
    expect(resolve("+1000:+034")).toEqual(resolve("1000:34"));
    expect(() => resolve("-5")).toThrow(expect.objectContaining({ code: "USER_NOT_FOUND" }));
  });

  it("RN-06: with a group, only that group counts", () => {
    expect(resolve("app:video")).toEqual({ uid: 1000, gid: 44, additionalGids: [44], home: "/srv/app" });
    expect(resolve("app:5")).toEqual({ uid: 1000, gid: 5, additionalGids: [5], home: "/srv/app" });
  });

  it("RN-06: two numbers need no file", () => {
    expect(resolveUser({ user: "12:34" })).toEqual({ uid: 12, gid: 34, additionalGids: [34], home: "/" });
    expect(resolveUser({ user: "root:root" })).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
    expect(resolve("1000:34").home).toBe("/srv/app");
  });

  it("RN-06: without a passwd file the unset user is 0:0 and a name is an error", () => {
    expect(resolveUser({ user: "" })).toEqual({ uid: 0, gid: 0, additionalGids: [0], home: "/" });
    expect(() => resolveUser({ user: "app" })).toThrow(expect.objectContaining({ code: "USER_NOT_FOUND" }));
  });

  it.each(["nobody", "broken", "app:nogroup", "app:odd", "4294967296", "-1", "4294967295:0"])(
    "RN-06: %s is not found",
    (user) => {
      expect(() => resolve(user)).toThrow(expect.objectContaining({ code: "USER_NOT_FOUND" }));
    },
  );

  it("DR-05: home is / where the account has none", () => {
    expect(resolve("homeless").home).toBe("/");
  });
});
