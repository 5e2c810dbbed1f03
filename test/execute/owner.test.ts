import { describe, expect, it } from "vitest";
import { resolveOwner } from "../../src/execute/copy/owner.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/:/bin/sh\napp:x:1000:1001::/:/bin/sh\n",
  "etc/group": "root:x:0:\nusers:x:100:app\n",
};

async function owner(text: string): Promise<string> {
  const { uid, gid } = await resolveOwner(text, async (path) => FILES[path]);
  return `${uid}:${gid}`;
}

describe("--chown", () => {
  it("CP-14: names come from the files of the destination, numbers from nowhere, an empty part is 0", async () => {
    expect(await owner("app")).toBe("1000:1001");
    expect(await owner("app:users")).toBe("1000:100");
    expect(await owner("7")).toBe("7:7");
    expect(await owner("7:users")).toBe("7:100");
    expect(await owner("app:")).toBe("1000:0");
    expect(await owner(":users")).toBe("0:100");
  });

  it("CP-14: an unknown user is root; an unknown group is the one that the user alone brings", async () => {
    expect(await owner("nobodyknows")).toBe("0:0");
    expect(await owner("nobodyknows:users")).toBe("0:100");
    expect(await owner("app:nobodyknows")).toBe("1000:1001");
    expect(await owner("7:nobodyknows")).toBe("7:7");
  });
});
