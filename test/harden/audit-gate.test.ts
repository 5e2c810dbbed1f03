import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { run } from "../layer/archives.ts";
import { lendingArchive } from "./images.ts";

const shop = useWorkshop();

beforeAll(async () => {
  await shop.it.succeed(["import", "-", "lending"], { input: lendingArchive() });
});

const OPEN = { Dockerfile: "FROM lending\nCOPY --chmod=777 tool /bin/\nUSER 5\n", tool: "x" };
const ACCEPTED = `version: 1\naccept:\n  - id: WorldWritable\n    subject: /bin/tool\n    reason: a test needs it\n    expires: "2999-01-01"\n`;

describe("the audit of a hardened image", () => {
  it("names, keeps and writes nothing of one that does not pass, and points at the line", async () => {
    const failing = await shop.it.build(OPEN, "-t", "open", "--harden");
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain("high WorldWritable: /bin/tool is -rwxrwxrwx root:root");
    expect(failing.stderr).toContain(">>> COPY --chmod=777 tool /bin/");
    expect(failing.stderr).toContain("(AUDIT_FAILED)");
    expect((await shop.it.run(["inspect", "open"])).exitCode).toBe(1);
  });

  it("lets pass what the policy beside the Dockerfile accepts, and looks again when it no longer does", async () => {
    const context = shop.it.context({ ...OPEN, ".slipway-audit.yaml": ACCEPTED });
    const build = () => shop.it.run(["build", "--progress=plain", "-t", "accepted", "--harden", context]);
    const passing = await build();
    expect([passing.exitCode, passing.stderr]).toEqual([0, expect.stringContaining(", 1 accepted")]);
    expect((await build()).stderr).toMatch(/#\d+ auditing the image\n#\d+ CACHED/);
    writeFileSync(join(context, ".slipway-audit.yaml"), "version: 1\naccept: []\n");
    expect((await build()).exitCode).toBe(1);
  });

  it("takes no folder of this machine for that of a Dockerfile from elsewhere: the working directory's policy counts", async () => {
    const folder = shop.it.context({
      ...{ "docker/.slipway-audit.yaml": ACCEPTED, "docker/Dockerfile": OPEN.Dockerfile, tool: "x" },
    });
    const input = run("tar", ["-cf", "-", "-C", folder, "docker/Dockerfile", "tool"]);
    const build = (...args: string[]) => shop.it.run(["build", "--harden", ...args], { cwd: folder, input });
    expect((await build("-f", "docker/Dockerfile", "-")).stderr).toContain("(AUDIT_FAILED)");
    expect((await build("-f", "docker/Dockerfile", ".")).exitCode).toBe(0);
    writeFileSync(join(folder, ".slipway-audit.yaml"), ACCEPTED);
    expect((await build("-f", "docker/Dockerfile", "-")).exitCode).toBe(0);
  });

  it("holds by the profile strict what is medium, and by none what was kept on purpose", async () => {
    const Dockerfile = "FROM lending\nRUN true\nCOPY --chmod=777 tool /data/\nUSER 5\n".replace(
      "RUN true\n",
      "",
    );
    const files = { Dockerfile: `${Dockerfile}VOLUME /data\n`, tool: "x" };
    const context = shop.it.context({
      ...files,
      Dockerfile: "FROM lending\nCOPY --chmod=666 tool /data/\nUSER 5\n",
    });
    expect((await shop.it.run(["build", "--harden", context])).exitCode).toBe(0);
    const strict = await shop.it.run(["build", "--harden=strict", context]);
    expect(strict.stderr).toContain("medium WorldWritable: /data/tool");
    const kept = shop.it.context({ Dockerfile: "FROM lending\nUSER 5\n" });
    expect((await shop.it.run(["build", "--harden", "--harden-keep", "/bin/su", kept])).exitCode).toBe(0);
  });

  it("finds afterwards nothing of what hardening is for, with the lines of the Dockerfile", async () => {
    const { context } = await shop.it.build(
      { Dockerfile: "FROM lending\nCOPY f /\n", f: "" },
      "-t",
      "after",
      "--harden",
    );
    const told = await shop.it.succeed([
      "audit",
      "after",
      "-f",
      join(context, "Dockerfile"),
      "--format",
      "json",
    ]);
    const { findings } = JSON.parse(told.stdout) as { findings: readonly { rule: string }[] };
    expect(findings.map(({ rule }) => rule)).toEqual(["LatestBase", "NoHealthcheck"]);
  });
});
