import { expect, it } from "vitest";
import { accountFor } from "../../src/harden/account.ts";

const NONE = { passwd: undefined, group: undefined, shadow: undefined, gshadow: undefined };
const SHELL = "/sbin/nologin";

it("makes account and group where an image has no files of accounts", () => {
  expect(accountFor(NONE, new Set(), SHELL)).toEqual({
    user: { name: "app", uid: 10_001, gid: 10_001, isNew: true },
    texts: {
      passwd: "app:x:10001:10001:application:/nonexistent:/sbin/nologin\n",
      group: "app:x:10001:\n",
    },
  });
});

it("adds lines behind those that are there, the last of which may have no end, and a line for the password where these are kept apart", () => {
  const texts = {
    passwd: "root:x:0:0::/:/bin/sh",
    group: "root:x:0:\n",
    shadow: "root:*:1::::::\n",
    gshadow: "",
  };
  const { texts: after } = accountFor(texts, new Set(), SHELL);
  expect(after.passwd).toBe(
    "root:x:0:0::/:/bin/sh\napp:x:10001:10001:application:/nonexistent:/sbin/nologin\n",
  );
  expect(after.shadow).toBe("root:*:1::::::\napp:!*:::::::\n");
  expect(after.shadow!.split("\n")[1]!.split(":")).toHaveLength(9);
  expect(after.gshadow).toBe("app:!*::\n");
});

it("takes an id that no account, group, primary group or file has", () => {
  const passwd = "a:x:10001:10002::/:\n";
  const group = "b:x:10003:\n";
  const { user } = accountFor({ ...NONE, passwd, group }, new Set([0, 10_004]), SHELL);
  expect(user).toMatchObject({ uid: 10_005, gid: 10_005 });
});

it("takes an account app that is there and not root's as it is", () => {
  const passwd = "root:x:0:0::/:\napp:x:1654:1650::/home/app:/bin/sh\n";
  expect(accountFor({ ...NONE, passwd }, new Set(), SHELL)).toEqual({
    user: { name: "app", uid: 1654, gid: 1650, isNew: false },
    texts: {},
  });
});

it.each([
  ["an account app that is root's", { passwd: "app:x:0:0::/:\n", group: "" }],
  ["a group app", { passwd: "", group: "app:x:5:\n" }],
  ["an account app whose line is damaged", { passwd: "app:x:\n", group: "" }],
])("leaves %s alone, and takes another name", (_, texts) => {
  const { user, texts: after } = accountFor({ ...NONE, ...texts }, new Set(), SHELL);
  expect(user.name).toBe("app1");
  expect(after.passwd!.startsWith(texts.passwd)).toBe(true);
});
