import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { useWorkshop } from "../api/workshop.ts";
import { writeArchive } from "../layer/archives.ts";
import { buildImage, fileEntry, folderEntry } from "./images.ts";

const shop = useWorkshop();
const PASSWD = "root:x:0:0:root:/root:/bin/sh\nkeeper:x:10001:10001::/:/bin/false\n";

/** An image as `docker save` writes it, the upper layer of which has /etc/passwd and a program as further names of files of the lower one. */
function linkedImage(): Buffer {
  const lower = writeArchive([fileEntry("accounts", { mode: 0o644 }), fileEntry("tool", { mode: 0o4755 })], {
    accounts: Buffer.from(PASSWD),
    tool: Buffer.from("tool"),
  });
  const upper = writeArchive([
    folderEntry("bin"),
    fileEntry("bin/tool", { mode: 0o4755, hardLink: "tool" }),
    folderEntry("etc"),
    fileEntry("etc/passwd", { mode: 0o644, hardLink: "accounts" }),
  ]);
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: process.arch === "arm64" ? "arm64" : "amd64", os: "linux", config: {} },
      rootfs: { type: "layers", diff_ids: [digestOf(lower), digestOf(upper)] },
    }),
  );
  const names = { Config: "config.json", RepoTags: ["linked:latest"], Layers: ["lower.tar", "upper.tar"] };
  const files = {
    "config.json": config,
    "lower.tar": lower,
    "manifest.json": Buffer.from(JSON.stringify([names])),
    "upper.tar": upper,
  };
  return writeArchive(
    Object.keys(files).map((path) => fileEntry(path)),
    files,
  );
}

describe("an image with hard links to files of lower layers", () => {
  it("is hardened, audited and compared as what a container sees", async () => {
    await shop.it.succeed(["load"], { input: linkedImage() });
    const audited = await shop.it.succeed(["audit", "linked", "--format=json"]);
    const { findings } = JSON.parse(audited.stdout) as { findings: { rule: string; subject: string }[] };
    expect(findings.filter(({ rule }) => rule === "SetuidFile").map(({ subject }) => subject)).toEqual([
      ...["/bin/tool", "/tool"],
    ]);
    const patch = await shop.it.succeed(["diff", "--content", "/etc/passwd", "linked", "busybox"]);
    expect(patch.stdout).toContain("-keeper:x:10001:10001::/:/bin/false");
    const built = await buildImage(shop.it, shop.it.context({ Dockerfile: "FROM linked\n" }), "--harden");
    const written = Object.fromEntries(built.layers[2]!.map(({ name, bytes }) => [name, bytes.toString()]));
    expect(written["bin/tool"]).toBe("tool");
    expect(written["etc/passwd"]).toMatch(/^root:x:0:0:.*\nkeeper:.*\napp:x:10002:/);
  });
});
