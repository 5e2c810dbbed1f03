import { describe, expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const context = (text = "FROM scratch\n") => shop.it.context({ Dockerfile: text });

describe("flags of build", () => {
  it("8.1: files for scripts that could not be written are refused before the build", async () => {
    for (const flag of ["--iidfile", "--metadata-file"]) {
      const missing = await shop.it.run(["build", flag, "/nonexistent/x", context()]);
      expect(missing).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/\/nonexistent\/x.*\(OUTPUT_INVALID\)/),
      });
      const folder = await shop.it.run(["build", flag, "/tmp", context()]);
      expect(folder).toMatchObject({
        exitCode: 1,
        stderr: expect.stringMatching(/it is a folder \(OUTPUT_INVALID\)/),
      });
      expect(missing.stderr + folder.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
    }
  });

  it("8.1: type=tar and type=oci without dest write to standard output", async () => {
    for (const type of ["tar", "oci"]) {
      const { exitCode, stdout } = await shop.it.run([
        "build",
        "-o",
        `type=${type}`,
        context("FROM scratch\nCOPY Dockerfile /\n"),
      ]);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(type === "tar" ? "Dockerfile" : "oci-layout");
    }
  });
});
