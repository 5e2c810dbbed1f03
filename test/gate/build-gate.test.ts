import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const shop = useWorkshop();
let registry: TestRegistry;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  await registry?.stop();
});

const FILES = { Dockerfile: "FROM busybox\nLABEL version=1\nENTRYPOINT serve\n" };

function tests(name: string, yaml: string): string {
  writeFileSync(join(shop.it.folder, name), `schemaVersion: "2.0.0"\n${yaml}`);
  return name;
}

describe("build --test", () => {
  it("pushes, exports and says nothing of an image that fails, and everything of one that passes", async () => {
    const name = `${registry.host}/gate/app:1`;
    const flags = ["-t", name, "--push", "-o", "type=oci,dest=app.tar", "--iidfile", "id"];
    const wrong = tests("wrong.yaml", "metadataTest: {labels: [{key: version, value: 2}]}\n");
    const failing = await shop.it.build(FILES, ...flags, "--test", wrong);
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain('the label version is "1", and not "2"');
    expect(existsSync(join(shop.it.folder, "app.tar"))).toBe(false);
    expect(existsSync(join(shop.it.folder, "id"))).toBe(false);
    expect((await shop.it.run(["inspect", name])).exitCode).toBe(1);
    expect((await shop.it.run(["pull", name])).exitCode).toBe(1);
    const right = tests("right.yaml", "metadataTest: {labels: [{key: version, value: 1}]}\n");
    const passing = await shop.it.build(FILES, ...flags, "--test", right);
    expect(passing.stderr).toContain("note: the ENTRYPOINT is in its shell form");
    expect(passing.exitCode).toBe(0);
    expect(existsSync(join(shop.it.folder, "app.tar"))).toBe(true);
    expect((await shop.it.run(["pull", name])).exitCode).toBe(0);
  });

  it("needs to pass every file", async () => {
    const right = tests("right.yaml", "metadataTest: {labels: [{key: version, value: 1}]}\n");
    const wrong = tests(
      "other.yaml",
      "fileExistenceTests: [{name: gone, path: /bin/sh, shouldExist: false}]\n",
    );
    const flags = ["-t", "both", "--test", right, "--test", wrong];
    const failing = await shop.it.build(FILES, ...flags);
    expect(failing.stderr).toContain("PASS  Metadata Test");
    expect(failing.stderr).toContain("/bin/sh is there, and must not be");
    expect(failing.exitCode).toBe(1);
  });

  it("tests every platform of a build for several", async () => {
    const Dockerfile = "FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\n";
    const file = tests("arch.yaml", "metadataTest: {labels: [{key: arch, value: amd64}]}\n");
    const flags = ["--platform", "linux/amd64,linux/arm64", "-t", "several", "--test", file];
    const failing = await shop.it.build({ Dockerfile }, ...flags);
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain('the label arch is "arm64", and not "amd64"');
    expect((await shop.it.run(["inspect", "several"])).exitCode).toBe(1);
  });

  it("says what is wrong with a file of tests before anything is built", async () => {
    const failing = await shop.it.build(FILES, "--test", tests("typo.yaml", "metadatTest: {}\n"));
    expect(failing.exitCode).toBe(2);
    expect(failing.stderr).toContain('typo.yaml:2:1: unknown key "metadatTest": did you mean metadataTest?');
    expect(failing.stderr).not.toContain("#1");
  });
});
