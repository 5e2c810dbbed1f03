import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REGISTRY_ACCOUNT, startRegistry, type TestRegistry } from "../support/registry.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const other = useWorkshop();
let open: TestRegistry;
let guarded: TestRegistry;

beforeAll(async () => {
  open = await startRegistry();
  guarded = await startRegistry({ auth: true });
});
afterAll(async () => {
  await open?.stop();
  await guarded?.stop();
});

describe("a real registry", () => {
  it("push, pull elsewhere, run; the digest is the same everywhere", async () => {
    const name = `${open.host}/yard/ship:1`;
    await shop.it.succeed([
      "build",
      "-t",
      name,
      "--push",
      shop.it.context({ Dockerfile: "FROM busybox\nRUN echo aboard > /hold\n" }),
    ]);
    const pulled = await other.it.succeed(["pull", name]);
    const digest = /Digest: (sha256:[0-9a-f]{64})/.exec(pulled.stdout)![1];
    expect(await other.it.shell(name, "cat /hold")).toBe("aboard\n");
    expect(
      (await other.it.succeed(["run", "--rm", `${open.host}/yard/ship@${digest}`, "cat", "/hold"])).stdout,
    ).toBe("aboard\n");
    expect((await other.it.inspect(name)).RepoDigests).toEqual([`${open.host}/yard/ship@${digest}`]);
    const pushed = await other.it.succeed(["push", name]);
    expect(pushed.stdout).toContain(digest);
  });

  it("DESIGN 2: a base whose files nobody reads is not downloaded", async () => {
    const base = `${open.host}/yard/base:1`;
    await shop.it.succeed([
      "build",
      "-t",
      base,
      "--push",
      shop.it.context({ Dockerfile: "FROM busybox\nRUN head -c 3000000 /dev/urandom > /big\n" }),
    ]);
    await other.it.succeed([
      "build",
      "-t",
      "labelled",
      other.it.context({ Dockerfile: `FROM ${base}\nLABEL a=b\nENV X=1\n` }),
    ]);
    const sizes = readdirSync(join(other.it.home, "oci/blobs/sha256")).map(
      (name) => statSync(join(other.it.home, "oci/blobs/sha256", name)).size,
    );
    expect(Math.max(...sizes)).toBeLessThan(3_000_000);
    expect(await other.it.shell("labelled", "wc -c < /big; echo $X")).toBe("3000000\n1\n");
  });

  it("DESIGN 4: a fully cached build asks no registry", async () => {
    const base = `${open.host}/yard/asked:1`;
    await shop.it.succeed([
      "build",
      "-t",
      base,
      "--push",
      shop.it.context({ Dockerfile: "FROM busybox\nLABEL asked=1\n" }),
    ]);
    const context = other.it.context({ Dockerfile: `FROM ${base}\nRUN echo hi > /hi\n` });
    await other.it.succeed(["build", context]);
    const before = open.log().length;
    const again = await other.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(again.stderr, "RUN")).toBe("CACHED");
    expect(open.log().slice(before)).toBe("");
    await other.it.succeed(["build", "--pull", context]);
    expect(open.log().length).toBeGreaterThan(before);
  });

  it("credentials: refused without, accepted after login, forgotten after logout", async () => {
    const name = `${guarded.host}/yard/secret:1`;
    await shop.it.succeed(["tag", "busybox", name]);
    const refused = await shop.it.run(["push", name]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("(REGISTRY_UNAUTHORIZED)");
    expect(refused.stderr).toContain(`slipway login ${guarded.host}`);
    const { username, password } = REGISTRY_ACCOUNT;
    expect(
      (await shop.it.run(["login", "-u", username, "--password-stdin", guarded.host], { input: "wrong" }))
        .exitCode,
    ).toBe(1);
    await shop.it.succeed(["login", "-u", username, "--password-stdin", guarded.host], {
      input: `${password}\n`,
    });
    await shop.it.succeed(["push", name]);
    await shop.it.succeed(["logout", guarded.host]);
    expect((await shop.it.run(["pull", name])).stderr).toContain("(REGISTRY_UNAUTHORIZED)");
  });

  it("zstd layers go up and come back", async () => {
    const name = `${open.host}/yard/zstd:1`;
    const context = shop.it.context({ Dockerfile: "FROM busybox\nCOPY f /f\n", f: "zstd\n".repeat(1000) });
    await shop.it.succeed(["build", "-t", name, "-o", "type=registry,compression=zstd", context]);
    await other.it.succeed(["pull", name]);
    expect(await other.it.shell(name, "head -1 /f")).toBe("zstd\n");
  });

  it("what is not there is said by name", async () => {
    const missing = await shop.it.run(["pull", `${open.host}/yard/nothing:1`]);
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toContain("(REGISTRY_NOT_FOUND)");
    expect(missing.stderr).toContain("yard/nothing");
  });
});
