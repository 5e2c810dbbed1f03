import { describe, expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const context = (text = "FROM scratch\n") => shop.it.context({ Dockerfile: text });

describe("flags of build", () => {
  it("XP-01: after an archive on standard output comes nothing, -q or not", async () => {
    for (const flags of [["-q"], []]) {
      const { stdout, stderr } = await shop.it.succeed([
        "build",
        ...flags,
        "-o",
        "-",
        context("FROM scratch\nCOPY . /\n"),
      ]);
      expect(stdout).toMatch(/\0{1024}$/);
      expect(stderr).toContain("sha256:");
    }
  });

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

  it("8.1: boolean flags take values, the last one counts", async () => {
    const flags = ["--no-cache=false", "--pull", "--pull=false", "--push=false", "--load=true", "-q=0", "-D"];
    const { exitCode, stderr } = await shop.it.run(["build", ...flags, context()]);
    expect(stderr).toContain("built sha256:");
    expect(exitCode).toBe(0);
    const wrong = await shop.it.run(["build", "--pull=maybe", context()]);
    expect(wrong).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('invalid boolean value "maybe" for --pull'),
    });
  });

  it("8.1: what is not supported yet is said, once for each flag", async () => {
    const flags = ["--cache-from", "a", "--cache-from", "b", "--sbom=true", "--provenance=false"];
    const { exitCode, stderr } = await shop.it.run(["build", ...flags, context("FROM scratch\nCOPY . /\n")]);
    expect(exitCode).toBe(0);
    expect(stderr.match(/^WARNING: .*$/gm)).toEqual([
      "WARNING: --cache-from is not supported yet and is ignored",
      "WARNING: --sbom is not supported yet and is ignored",
    ]);
  });

  it("8.1: a failure in JSON is one event, the last line", async () => {
    const run = (...args: string[]) => shop.it.run(["build", "--progress", "json", ...args]);
    for (const result of [
      await run("--squash", context("FROM scratch\nCOPY nothing /\n")),
      await run("--iidfile", "/nonexistent/x", context()),
      await run("--network", "nowhere", context()),
    ]) {
      const events = result.stderr
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(events.filter(({ type }) => type === "build.error")).toEqual([
        expect.objectContaining({ code: expect.any(String), hint: expect.any(String) }),
      ]);
      expect(events.at(-1).type).toBe("build.error");
      expect(result.exitCode).toBeGreaterThan(0);
    }
  });
});
