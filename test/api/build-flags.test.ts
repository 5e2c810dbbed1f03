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

  it("CL-04: proxies of Docker's client configuration reach RUN, in both spellings, unless one is given in any case", async () => {
    const config = shop.it.context({
      "config.json": JSON.stringify({
        proxies: { default: { httpProxy: "http://p:1", noProxy: "local", httpsProxy: "" } },
      }),
    });
    const proxies = async (...flags: string[]) => {
      const run = context("FROM busybox\nRUN env | grep -i proxy | sort > /proxies\n");
      await shop.it.succeed(["build", "--no-cache", "-t", "proxied", ...flags, run], {
        env: { DOCKER_CONFIG: config },
      });
      return (await shop.it.shell("proxied", "cat /proxies")).trim().split("\n");
    };
    expect(await proxies()).toEqual([
      "HTTP_PROXY=http://p:1",
      "NO_PROXY=local",
      "http_proxy=http://p:1",
      "no_proxy=local",
    ]);
    expect(await proxies("--build-arg=Http_Proxy=http://own")).toEqual([
      "HTTP_PROXY=http://own",
      "NO_PROXY=local",
      "http_proxy=http://own",
      "no_proxy=local",
    ]);
    expect(JSON.stringify(await shop.it.inspect("proxied"))).not.toContain("http://own");
  });

  it("CL-04: SOURCE_DATE_EPOCH of the environment is the build's, unless a build argument says otherwise", async () => {
    const created = async (...flags: string[]) => {
      const env = { SOURCE_DATE_EPOCH: "1000000000" };
      await shop.it.succeed(["build", "-t", "epochal", ...flags, context("FROM scratch\nLABEL a=b\n")], {
        env,
      });
      return (await shop.it.inspect("epochal")).Created;
    };
    expect(await created()).toBe("2001-09-09T01:46:40Z");
    expect(await created("--build-arg=SOURCE_DATE_EPOCH=1")).toBe("1970-01-01T00:00:01Z");
  });

  it("CL-05: contexts called context or dockerfile stand in for nothing but stages and images of that name", async () => {
    const other = shop.it.context({ a: "other\n", Dockerfile: "NONSENSE\n" });
    const main = shop.it.context({
      Dockerfile:
        "FROM scratch AS context\nCOPY a /a\nFROM busybox\nCOPY --from=context a /b\nCOPY --from=dockerfile a /c\nCOPY a /a\n",
      a: "main\n",
    });
    const flags = ["--build-context", `context=${other}`, "--build-context", `dockerfile=${other}`];
    await shop.it.succeed(["build", "-t", "called", ...flags, main]);
    expect(await shop.it.shell("called", "cat /a /b /c")).toBe("main\nmain\nother\n");
  });

  it("CL-08: a failed build ends with 1, and says after the excerpt what failed", async () => {
    const run = await shop.it.run(["build", context("FROM busybox\nRUN exit 3\n")]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(
      /\n {3}2 \| >>> RUN exit 3\n-+\n(.*\n)*ERROR: failed to build: failed to solve: process "\/bin\/sh -c exit 3" did not complete successfully: exit code: 3/,
    );
    const nowhere = await shop.it.run(["build", "/nonexistent"]);
    expect(nowhere).toMatchObject({ exitCode: 1 });
    expect(nowhere.stderr).toContain(
      'ERROR: failed to build: unable to prepare context: path "/nonexistent" not found',
    );
    const wrong = await shop.it.run(["build", "--network=moon", context()]);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^ERROR: network mode/m) });
  });

  it("8.1, SG-10: a layout is found by tag or as the only image, and an image of an index by its digest", async () => {
    const [one, two] = [`${shop.it.folder}/layout-one`, `${shop.it.folder}/layout-two`];
    const keep = (label: string, to: string, ...flags: string[]) =>
      shop.it.succeed([
        "build",
        "-o",
        `type=oci,tar=false,dest=${to}`,
        ...flags,
        context(`FROM scratch\nLABEL is=${label}\n`),
      ]);
    await keep("only", one);
    await keep("a", two, "-t", "x:a");
    await keep("b", two, "-t", "x:b", "--platform=linux/amd64,linux/arm64");
    const labelFrom = async (place: string) => {
      const flags = ["--build-context", `base=oci-layout://${place}`, "--platform=linux/arm64"];
      const built = await shop.it.run(["build", "-t", "from-layout", ...flags, context("FROM base\n")]);
      if (built.exitCode !== 0) return built.stderr;
      return (await shop.it.inspect("from-layout")).Config.Labels.is;
    };
    expect(await labelFrom(one)).toBe("only");
    expect(await labelFrom(`${two}:b`)).toBe("b");
    expect(await labelFrom(`${two}:c`)).toContain("(IMAGE_NOT_FOUND)");
    expect(await labelFrom(two)).toContain("has no image called latest");
  });
});
