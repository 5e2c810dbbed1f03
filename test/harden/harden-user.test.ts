import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { buildImage, lendingArchive } from "./images.ts";

const shop = useWorkshop();

beforeAll(async () => {
  await shop.it.succeed(["import", "-", "lending"], { input: lendingArchive() });
});

const build = (Dockerfile: string, ...flags: string[]) =>
  buildImage(shop.it, shop.it.context({ Dockerfile, f: "" }), ...flags);

function textOf(image: Awaited<ReturnType<typeof build>>, path: string): string | undefined {
  return image.layers
    .at(-1)!
    .find(({ name }) => name === path)
    ?.bytes.toString();
}

describe("the user of a hardened image", () => {
  it("is made where nobody set one: the first id that no account and no file has, in numbers", async () => {
    const image = await build("FROM lending\nCOPY f /\n", "--harden");
    expect(image.config.User).toBe("10003:10003");
    expect(textOf(image, "etc/passwd")).toBe(
      "root:x:0:0:root:/root:/bin/sh\nkeeper:x:10001:10001::/:/bin/false\napp:x:10003:10003:application:/nonexistent:/sbin/nologin\n",
    );
    expect(textOf(image, "etc/group")).toBe("root:x:0:\nkeeper:x:10001:\napp:x:10003:\n");
    expect(textOf(image, "etc/shadow")).toBeUndefined();
    expect(image.report[0]!.user).toEqual({ name: "app", uid: 10_003, gid: 10_003, isNew: true });
  });

  it("gets files of accounts where the image has none", async () => {
    const image = await build("FROM scratch\nCOPY f /\n", "--harden");
    expect(image.config.User).toBe("10001:10001");
    const [etc] = image.layers.at(-1)!;
    expect([etc!.name, etc!.mode]).toEqual(["etc/", 0o755]);
    expect(image.layers.at(-1)!.find(({ name }) => name === "etc/passwd")).toMatchObject({
      mode: 0o644,
      uid: 0,
    });
  });

  it("stays where the Dockerfile sets one", async () => {
    expect((await build("FROM lending\nUSER keeper\n", "--harden")).config.User).toBe("keeper");
    expect((await build("FROM scratch\nCOPY f /\nUSER 7:8\n", "--harden")).config.User).toBe("7:8");
  });

  it("is made where only the base says root, which is what it would be anyway", async () => {
    await shop.it.succeed([
      "build",
      "-t",
      "roots",
      shop.it.context({ Dockerfile: "FROM lending\nUSER root\n" }),
    ]);
    expect((await build("FROM roots\n", "--harden")).config.User).toBe("10003:10003");
  });

  it("may be root where the Dockerfile says so, with a warning, but not by the profile strict", async () => {
    const kept = await build("FROM lending\nUSER 0:0\n", "--harden");
    expect(kept.config.User).toBe("0:0");
    expect(kept.report[0]!.warnings).toEqual(["USER 0:0 is root: it was set on purpose, and stays"]);
    const context = shop.it.context({ Dockerfile: "FROM lending\nCOPY f /\nUSER root\n", f: "" });
    const refused = await shop.it.run(["build", "--progress=plain", "--harden=strict", context]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("does not let the image run as root (USER root) (HARDEN_REFUSED)");
    expect(refused.stderr).not.toContain("COPY f /");
  });

  it("is told apart from a second name of root's, too", async () => {
    const Dockerfile = "FROM scratch\nCOPY <<E /etc/passwd\ntoor:x:0:0::/:\nE\nUSER toor\n";
    const refused = await shop.it.run(["build", "--harden=strict", shop.it.context({ Dockerfile })]);
    expect(refused.stderr).toContain("(USER toor) (HARDEN_REFUSED)");
  });

  it("has no say where steps run", async () => {
    const Dockerfile = "FROM busybox\nRUN id -u > /who\n";
    await shop.it.succeed(["build", "-t", "steps", "--harden", shop.it.context({ Dockerfile })]);
    expect(await shop.it.shell("steps", "cat /who; id -u")).toBe("0\n10001\n");
  });

  it("is warned about in what an image made for root needs", async () => {
    const Dockerfile = [
      "FROM busybox",
      "COPY --chmod=700 f /secret/run",
      "COPY --chown=10001 f /mine/",
      "WORKDIR /app",
      "VOLUME /data /mine",
      "EXPOSE 80 8080",
      'ENTRYPOINT ["/secret/run"]',
    ].join("\n");
    const [report] = (await build(Dockerfile, "--harden")).report;
    // A file belongs to 10001, so that the next id is taken; what was copied there is not for it.
    expect(report!.user!.uid).toBe(10_002);
    expect(report!.warnings).toEqual([
      "app cannot start /secret/run: its mode, or that of a folder above it, does not let it",
      "WORKDIR /app belongs to 0:0 (0755): app cannot write there",
      "VOLUME /data: there is no such folder, so that it will be root's, and app cannot write there",
      expect.stringContaining("VOLUME /mine belongs to"),
      "EXPOSE 80/tcp: not every runtime lets app listen on a port below 1024",
    ]);
  });

  it("is seen by tests of the image, and so is what was stripped", async () => {
    const yaml = [
      'schemaVersion: "2.0.0"',
      "fileExistenceTests: [{name: mode, path: /bin/su, shouldExist: true, permissions: -rwxr-xr-x}]",
      "metadataTest: {user: '10003:10003'}",
      "",
    ].join("\n");
    writeFileSync(join(shop.it.folder, "hardened.yaml"), yaml);
    const context = shop.it.context({ Dockerfile: "FROM lending\n" });
    await shop.it.succeed(["build", "--harden", "--test", "hardened.yaml", context]);
    expect((await shop.it.run(["build", "--test", "hardened.yaml", context])).exitCode).toBe(1);
  });
});
