import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { holdSecrets } from "../../src/api/held-secrets.ts";
import { secretReader } from "../../src/api/secrets.ts";
import { isSlipwayError, readEnvironment } from "../../src/index.ts";
import { makeFolder } from "../support/folders.ts";

let folder: string;
beforeAll(() => {
  folder = makeFolder().path;
});
afterAll(() => rmSync(folder, { recursive: true }));

const environment = () =>
  readEnvironment({ TOKEN: "tok_from+a/variable" }, { uid: 1, homeDirectory: folder, cwd: folder });

function hold(options: object) {
  return holdSecrets({ context: ".", ...options }, environment());
}

describe("the secrets of a build", () => {
  it("are read once: steps get what is searched for, although the file has another value by then", async () => {
    writeFileSync(join(folder, "f"), "tok_a8F3/k29+old");
    writeFileSync(join(folder, "empty"), "");
    const secrets = {
      f: { file: "f" },
      e: { env: "TOKEN" },
      none: { env: "NONE" },
      empty: { file: "empty" },
    };
    const held = await hold({ secrets });
    writeFileSync(join(folder, "f"), "tok_a8F3/k29+new");
    rmSync(join(folder, "empty"));
    const read = secretReader(held.sources, environment());
    const values = await Promise.all(Object.keys(secrets).map(async (id) => await read(id)));
    expect(values.map((value) => value && Buffer.from(value).toString())).toEqual([
      "tok_a8F3/k29+old",
      "tok_from+a/variable",
      undefined,
      "",
    ]);
    expect(held.known!.redacted("<tok_a8F3/k29+old>")).toBe("<[secret f]>");
    expect(held.unread).toBeUndefined();
  });

  it("stop the build where one cannot be read, even if a step could read it later", async () => {
    const held = await hold({ secrets: { later: { file: "later" }, e: { env: "TOKEN" } } });
    expect(isSlipwayError(held.unread, "SECRET_NOT_FOUND")).toBe(true);
    expect(held.known!.redacted("tok_from+a/variable")).toBe("[secret e]");
  });

  it("are told of where they are not searched for", async () => {
    const secrets = { s: { value: "hunter2\n" }, long: { value: "hunter22" } };
    const buildArgs = {
      API_TOKEN: "/k3J9xQ2vPz81LmNw7RtY",
      DB_PASSWORD: "correcthorsebatterystaple",
      DB_SECRET: "postgres://user:postgres@host/db",
      KEY: "short",
      SSH_KEY: "/home/user/.ssh/id_rsa_2048",
      VERSION: "correcthorsebatterystaple",
    };
    const { notices } = await hold({ secrets, buildArgs });
    expect(notices.map((notice) => /"(\w+)"/.exec(notice)![1])).toEqual(["s", "DB_PASSWORD", "DB_SECRET"]);
  });
});
