import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";

const shop = useWorkshop({ rootless: true });
const TOKEN = `ghp_${"a1B2c3D4".repeat(5)}`;

describe("an ordinary user's audit", () => {
  it("has the owners of the image, and reads what only they may read", async () => {
    const built = await shop.it.build(
      {
        Dockerfile: [
          "FROM busybox",
          "COPY --chown=1234:4321 --chmod=4755 tool /bin/tool",
          "COPY --chown=1234:4321 --chmod=0000 key /app/key",
          "RUN chown 77 /app/key",
          "",
        ].join("\n"),
        tool: "a tool\n",
        key: `token=${TOKEN}\n`,
      },
      "-t",
      "owned",
    );
    expect(built.stderr).not.toContain("ERROR");
    expect(built.exitCode).toBe(0);
    const { stdout } = await shop.it.succeed(["audit", "owned", "--format", "json"]);
    const { findings } = JSON.parse(stdout) as {
      findings: { rule: string; subject: string; facts: object }[];
    };
    const of = (rule: string) => findings.filter((one) => one.rule === rule);
    expect(of("SetuidFile")).toMatchObject([{ subject: "/bin/tool", facts: { uid: 1234, gid: 4321 } }]);
    const secrets = of("SecretInFile");
    expect(secrets.map(({ subject }) => subject)).toEqual(Array(2).fill("github-token in /app/key"));
    expect(secrets.map(({ facts }) => facts)).toMatchObject([{ isVisible: false }, { isVisible: true }]);
  });
});
