import { describe, expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

describe("inspect and history", () => {
  it("DK-02, DK-03: --platform chooses an image of an index", async () => {
    const files = { Dockerfile: "FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY a /a\n", a: "1" };
    const built = await shop.it.build(files, "--platform", "linux/amd64,linux/arm64", "-t", "both");
    expect(built.exitCode).toBe(0);
    for (const arch of ["amd64", "arm64"]) {
      const { stdout } = await shop.it.succeed(["inspect", "--platform", `linux/${arch}`, "both"]);
      expect(JSON.parse(stdout)[0]).toMatchObject({ Architecture: arch, Config: { Labels: { arch } } });
    }
    const history = await shop.it.succeed(["history", "--platform", "linux/arm64", "-q", "both"]);
    expect(history.stdout).toMatch(/^[0-9a-f]{12}\n/);
  });

  it("DK-02: an image for an older variant of the processor is taken, as containerd takes it", async () => {
    const newer = { x64: "linux/amd64/v2", arm64: "linux/arm64/v9" }[process.arch as "x64" | "arm64"];
    await shop.it.succeed(["inspect", "--platform", newer, "busybox"]);
    expect((await shop.it.run(["inspect", "--platform", "linux/386", "busybox"])).exitCode).toBe(1);
  });

  it("DK-02: a platform that an image is not for is an error, with the one that it is for", async () => {
    for (const command of ["inspect", "history"]) {
      const refused = await shop.it.run([command, "--platform", "linux/s390x", "busybox"]);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toContain("busybox is not available for linux/s390x (PLATFORM_UNAVAILABLE)");
      expect(refused.stderr).toMatch(/hint: it is for linux\/\w+/);
    }
  });
});
