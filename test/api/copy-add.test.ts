import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

describe("COPY and ADD", () => {
  it("LX-41: a heredoc that is not expanded keeps bytes that are not UTF-8; what is expanded is text", async () => {
    const context = shop.it.context({
      Dockerfile: Buffer.from(
        'FROM busybox\nCOPY <<"E" /kept\ncaf\xe9\nE\nCOPY <<E /text\ncaf\xe9\nE\n',
        "latin1",
      ),
    });
    await shop.it.succeed(["build", "-t", "bytes", context]);
    expect(await shop.it.shell("bytes", "od -An -tx1 /kept; od -An -tx1 /text")).toBe(
      " 63 61 66 e9 0a\n 63 61 66 ef bf bd 0a\n",
    );
  });

  it("AD-03: a wildcard may select several archives; each is unpacked, and what is none is copied", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nADD parts/* /out/\n",
      "parts/plain.txt": "plain\n",
      "one/a": "a\n",
      "two/b": "b\n",
    });
    for (const [name, flag] of [
      ["one", "-cf"],
      ["two", "-czf"],
    ] as const)
      execFileSync("tar", [flag, join(context, "parts", name), "-C", join(context, name), "."]);
    await shop.it.succeed(["build", "-t", "unpacked", context]);
    expect(await shop.it.shell("unpacked", "cd /out && ls && cat *")).toBe("a\nb\nplain.txt\na\nb\nplain\n");
  });

  it("CP-20: a linked COPY is one step, and counts once", async () => {
    const { stderr } = await shop.it.build({
      Dockerfile: "FROM busybox\nCOPY --link f /f\nCOPY f /g\n",
      f: "1",
    });
    expect(stderr.match(/^#\d+ \[.*COPY.*$/gm)?.map((line) => line.replace(/^#\d+ /, ""))).toEqual([
      "[2/3] COPY --link f /f",
      "[3/3] COPY f /g",
    ]);
  });

  it("CP-25: holes of a file read as zeros, whatever becomes of them", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY sparse /s\nRUN md5sum < /s > /sum\n" });
    const file = openSync(join(context, "sparse"), "w");
    writeSync(file, "begin", 0);
    writeSync(file, "middle", 3_000_000);
    ftruncateSync(file, 5_000_000);
    closeSync(file);
    await shop.it.succeed(["build", "-t", "sparse", context]);
    const sum = createHash("md5")
      .update(readFileSync(join(context, "sparse")))
      .digest("hex");
    expect(await shop.it.shell("sparse", "cat /sum; stat -c %s /s")).toBe(`${sum}  -\n5000000\n`);
  });

  it("RN-08: what later steps change below a volume stays", async () => {
    const Dockerfile = [
      "FROM busybox",
      "RUN mkdir /v && echo 1 > /v/a",
      "VOLUME /v",
      "RUN echo 2 > /v/b && rm /v/a",
      "COPY Dockerfile /v/c",
      "FROM busybox",
      "COPY --from=0 /v /v",
      "",
    ].join("\n");
    expect((await shop.it.build({ Dockerfile }, "-t", "volume")).exitCode).toBe(0);
    expect(await shop.it.shell("volume", "ls /v; cat /v/b")).toBe("b\nc\n2\n");
  });

  it("CK-04, CP-14: an owner by name counts as the destination's accounts have it", async () => {
    const account = (uid: number) => `RUN echo 'app:x:${uid}:7::/:/bin/sh' >> /etc/passwd\n`;
    const owner = async (uid: number) => {
      const Dockerfile = `FROM busybox\n${account(uid)}COPY --chown=app f /f\n`;
      expect((await shop.it.build({ Dockerfile, f: "1" }, "-t", "owned")).exitCode).toBe(0);
      return shop.it.shell("owned", "stat -c %u:%g /f");
    };
    expect(await owner(41)).toBe("41:7\n");
    expect(await owner(42)).toBe("42:7\n");
  });

  it("CP-19: a linked layer is used again over another base", async () => {
    const Dockerfile = (base: string) => `FROM ${base}\nCOPY --link --chown=3:4 f /d/f\n`;
    const context = shop.it.context({ Dockerfile: Dockerfile("busybox"), f: "linked\n" });
    await shop.it.succeed(["build", context]);
    const { stderr } = await shop.it.build({ Dockerfile: Dockerfile("scratch"), f: "linked\n" });
    expect(stderr).not.toContain(" MISS ");
  });
});
