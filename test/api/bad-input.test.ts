import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/cli.ts";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** One clear error: a code, no stack trace. */
async function failing(args: readonly string[], code: string, exitCode = 1): Promise<string> {
  const result = await shop.it.run(args);
  expect(result.stderr).toContain(`(${code})`);
  expect(result.stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(result.exitCode).toBe(exitCode);
  return result.stderr;
}

const dockerfile = (text: string, files: Record<string, string> = {}) =>
  shop.it.context({ Dockerfile: text, ...files });

describe("bad input gets one clear error", () => {
  it("no Dockerfile", async () => {
    expect(
      await failing(["build", shop.it.context({ "dockerfile.txt": "" })], "DOCKERFILE_NOT_FOUND"),
    ).toContain("Dockerfile");
  });
  it("PO-03: an empty Dockerfile, one without instructions, one without a stage", async () => {
    expect(await failing(["build", dockerfile("")], "DOCKERFILE_EMPTY")).toContain(
      "the Dockerfile cannot be empty",
    );
    expect(await failing(["build", dockerfile("# nothing\n")], "DOCKERFILE_EMPTY")).toContain(
      "file with no instructions",
    );
    expect((await shop.it.run(["build", dockerfile("ARG A\n")])).stderr).toContain(
      "dockerfile contains no stages to build",
    );
  });
  it("LX-26: an unknown instruction is located and the nearest one named", async () => {
    const text = await failing(["build", dockerfile("FROM busybox\nRUNN x\n")], "DOCKERFILE_SYNTAX");
    expect(text).toContain("unknown instruction: RUNN (did you mean RUN?)");
    expect(text).toContain(">>> RUNN x");
  });
  it("a Dockerfile that is not UTF-8 is refused where a RUN that is needed has such bytes", async () => {
    const latin = (text: string) => shop.it.context({ Dockerfile: Buffer.from(text, "latin1") });
    const text = await failing(
      ["build", latin("# caf\xe9\nFROM busybox\nRUN true && \\\n  echo caf\xe9\n")],
      "DOCKERFILE_ENCODING",
    );
    expect(text).toContain("   4 | >>>   echo caf\\xe9\n");
    expect(text).toMatch(/iconv -f ISO-8859-1 -t UTF-8 (\S*Dockerfile) > \1\.utf8/);
    const script = await failing(
      ["build", latin("FROM busybox\nRUN <<E\n# a\n# caf\xe9\nE\n")],
      "DOCKERFILE_ENCODING",
    );
    expect(script).toContain(">>> # caf\\xe9\n");
    const built = await shop.it.run([
      "build",
      "-t",
      "latin",
      latin(
        "FROM busybox AS no\nRUN echo \xe9\nFROM busybox\n# \xe9\nENV A=caf\xe9\nWORKDIR /\xe9\nRUN (echo $A; pwd) | od -t x1 > /a\n",
      ),
    ]);
    expect(built.stderr).toContain("Dockerfile:5 (and line 6): bytes that are not UTF-8 become U+FFFD");
    expect(built.exitCode).toBe(0);
    expect(await shop.it.shell("latin", "cat /a")).toContain("63 61 66 ef bf bd 0a 2f ef bf bd 0a");
  });
  it("UTF-16 is told as that, in ignore files, too", async () => {
    const wide = Buffer.from("\ufeffFROM busybox\nCOPY . /\n", "utf16le");
    const text = await failing(["build", shop.it.context({ Dockerfile: wide })], "DOCKERFILE_ENCODING");
    expect(text).toContain("the Dockerfile is UTF-16LE, not UTF-8");
    const hidden = shop.it.context({ Dockerfile: "FROM busybox\nCOPY . /\n", ".dockerignore": wide });
    expect(await failing(["build", hidden], "IGNORE_PATTERN_INVALID")).toContain(
      ".dockerignore is UTF-16LE, not UTF-8",
    );
  });
  it("IN-01: an unknown flag", async () => {
    expect((await shop.it.run(["build", dockerfile("FROM busybox\nCOPY --chwon=1 a b\n")])).stderr).toContain(
      "unknown flag: --chwon (did you mean chown?)",
    );
  });
  it("CF-11: WORKDIR onto a file and below one", async () => {
    const onto = await failing(
      ["build", dockerfile("FROM busybox\nWORKDIR /bin/busybox\n")],
      "COPY_CONFLICT",
    );
    expect(onto).toContain("cannot create directory /bin/busybox: /bin/busybox is not a directory");
    expect(onto).toContain(">>> WORKDIR /bin/busybox");
    const below = await failing(
      ["build", dockerfile("FROM busybox\nWORKDIR /bin/busybox/x/y\n")],
      "COPY_CONFLICT",
    );
    expect(below).toContain("cannot create directory /bin/busybox/x/y: /bin/busybox is not a directory");
  });
  it("CF-11: names of users need a root filesystem for WORKDIR, too", async () => {
    const text = await failing(
      ["build", dockerfile("FROM scratch\nUSER app\nWORKDIR /a\n")],
      "INSTRUCTION_INVALID",
    );
    expect(text).toContain("invalid user index -1");
  });
  it("CP-12: a missing source says which ignore rule hid it, or what is like it", async () => {
    const hidden = shop.it.context({
      Dockerfile: "FROM busybox\nCOPY app.js /\n",
      "app.js": "",
      ".dockerignore": "# x\n*.js\n",
    });
    const text = await failing(["build", hidden], "SOURCE_NOT_FOUND");
    expect(text).toContain('"/app.js": not found');
    expect(text).toContain("line 2 of .dockerignore (*.js)");
    expect(
      await failing(
        ["build", dockerfile("FROM busybox\nCOPY ap.js /\n", { "app.js": "" })],
        "SOURCE_NOT_FOUND",
      ),
    ).toContain('did you mean "app.js"?');
  });
  it("MT-08, MT-09: a mount of the context that is not there says why, too", async () => {
    const context = shop.it.context({
      Dockerfile: "FROM busybox\nRUN --mount=target=/m,source=src/app.js true\n",
      "src/app.js": "",
      "Dockerfile.dockerignore": "src\n",
    });
    const hidden = await failing(["build", context], "SOURCE_NOT_FOUND");
    expect(hidden).toContain('"/src/app.js": not found');
    expect(hidden).toContain("line 1 of Dockerfile.dockerignore (src)");
    const misspelt = dockerfile("FROM busybox\nRUN --mount=target=/m,source=scr true\n", { "src/x": "" });
    expect(await failing(["build", misspelt], "SOURCE_NOT_FOUND")).toContain('did you mean "src"?');
    const stage = dockerfile(
      "FROM busybox AS a\nFROM busybox\nRUN --mount=from=a,source=/Bin,target=/m true\n",
    );
    expect(await failing(["build", stage], "SOURCE_NOT_FOUND")).toContain('there is "bin": upper and lower');
  });
  it("CP-12: a missing source of a stage is looked for there", async () => {
    const text = "FROM scratch AS build\nCOPY src /out/src\nFROM scratch\nCOPY --from=build /src /\n";
    const shown = await failing(["build", dockerfile(text, { "src/x": "" })], "SOURCE_NOT_FOUND");
    expect(shown).toContain('stage build: "/src": not found');
    expect(shown).toContain('there is "out/src": paths are looked up from the root of the stage build');
  });
  it("DI-05: an ignore file that cannot be read is shown with its line", async () => {
    const context = dockerfile("FROM scratch\nCOPY . /\n", { ".dockerignore": "a\n[b\n" });
    const shown = await failing(["build", context], "IGNORE_PATTERN_INVALID");
    expect(shown).toContain(".dockerignore:2\n");
    expect(shown).toContain("   2 | >>> [b\n");
  });
  it("AD-05: a URL that is none", async () => {
    const text = "FROM scratch\nADD http:// /x\n";
    expect(await failing(["build", dockerfile(text)], "INSTRUCTION_INVALID")).toContain(
      'invalid URL "http://"',
    );
  });
  it("names with control characters, in every kind of progress", async () => {
    const hostile = "a\u001b]0;title\u0007\u009b2J\u202e";
    const context = dockerfile(`FROM scratch AS build\nENV A="${hostile}"\nCOPY "${hostile}" /\n`);
    for (const progress of ["plain", "quiet", "tty"]) {
      const { stderr } = await shop.it.run(["build", `--progress=${progress}`, context]);
      expect(stderr).toContain("SOURCE_NOT_FOUND");
      // What the terminal's own progress sends begins with ESC [ and is none of these.
      expect(stderr).not.toMatch(/\u001b[^[]|[\u0007\u009b\u202e]/);
    }
    for (const args of [
      ["--build-arg", `=${hostile}`],
      [`--${hostile}`],
      ["--target", hostile],
      ["-f", hostile],
      ["-t", hostile],
    ]) {
      const { stderr } = await shop.it.run(["build", ...args, context]);
      expect(stderr).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(stderr).toMatch(/ERROR|error:/);
    }
  });
  it("flags and commands that do not exist: the nearest one is suggested", async () => {
    const context = dockerfile("FROM scratch\n");
    const said = async (...args: string[]) => (await shop.it.run(args)).stderr;
    expect(await said("build", "--taget", "x", context)).toContain("Did you mean --target?");
    expect(await said("build", "--no-cahce", context)).toContain("Did you mean --no-cache?");
    expect(await said("bild", context)).toContain("Did you mean build?");
    expect(await said("run", "--entrypont", "x", "busybox")).toContain("Did you mean --entrypoint?");
  });
  it.each([
    [["--allow", "network.hots"], "unknown entitlement network.hots", "did you mean network.host?"],
    [["--secret", "id=a,scr=b"], '--secret has an unexpected key "scr"', "did you mean src?"],
    [["--secret", "id=a,type=fiel"], 'unsupported type "fiel"', "did you mean file?"],
    [["--network", "hst"], 'network mode "hst" is not known', "did you mean host?"],
    [["--build-context", "a"], '--build-context "a" is not name=value', "write --build-context NAME=VALUE"],
    [["--secret", "src=f"], '--secret "src=f": secret missing ID', "write --secret id=NAME,src=FILE"],
    [["--platform="], "--platform has an empty name", "write --platform linux/amd64,linux/arm64"],
    [["--platform=,linux/amd64"], "--platform has an empty name", "write --platform linux/amd64,linux/arm64"],
    [
      ["--attest", "foo"],
      '--attest has an invalid value "foo"',
      "write --attest type=sbom or --attest type=provenance,mode=max",
    ],
    [
      ["--attest", "mode=max"],
      "attestation type not specified",
      "write --attest type=sbom or --attest type=provenance,mode=max",
    ],
    [["--attest", "type=sbon"], 'unknown attestation type "sbon"', "did you mean sbom?"],
    [["--attest", "type=sbom,disabled=maybe"], '"disabled=maybe"', "write disabled=true"],
    [
      ["--allow", "foo"],
      "unknown entitlement foo",
      "known: network.host, security.insecure, device, device=NAME[,alias=NAME], buildx.local.delete",
    ],
    [["--build-arg", "=a"], '--build-arg "=a" has no name', "write --build-arg NAME=VALUE"],
  ])("%j", async (flags, message, hint) => {
    const shown = await failing(["build", ...flags, dockerfile("FROM scratch\n")], "USAGE", 2);
    expect(shown).toContain(message);
    expect(shown).toContain(`  hint: ${hint}\n`);
  });
  it("CL-01: standard input cannot be both", async () => {
    const shown = await failing(["build", "-f", "-", "-"], "USAGE", 2);
    expect(shown).toContain("hint: give one of them as a file or folder: `-f - .`");
  });
  it("ADD of a repository over ssh needs an agent, and contacts nobody before there is one", async () => {
    const shown = await failing(
      ["build", dockerfile("FROM scratch\nADD git@127.0.0.1:foo/bar.git /\n")],
      "SECRET_NOT_FOUND",
    );
    expect(shown).toContain("unset ssh forward key default");
    expect(shown).toContain("hint: let the build use your ssh agent: --ssh default");
    expect(shown).toContain(">>> ADD git@127.0.0.1:foo/bar.git /");
  });
  it("RN-07: a command that is too long is told in words", async () => {
    const shown = await failing(
      ["build", dockerfile(`FROM busybox\nRUN <<E\n${"echo aaaaaaaaaaaaaaaaaaaaaaaa\n".repeat(6000)}E\n`)],
      "RUN_FAILED",
    );
    expect(shown).not.toContain('{"msg"');
    expect(shown).toContain("hint: the kernel takes no more than 128 KiB in one argument or variable");
  });
  it("all of a long error comes through a pipe that is read slowly", () => {
    const context = dockerfile("FROM scratch\n");
    const line = '"$0" "$1" build --target="$2" "$3" 2>&1 | { sleep 1; cat; }';
    const text = execFileSync("sh", ["-c", line, process.execPath, CLI, "x".repeat(120_000), context], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: shop.it.home, SLIPWAY_HOME: shop.it.home },
    });
    expect(text).toContain("(STAGE_INVALID)");
  });
  it("a tag that is none is told before anything is built", async () => {
    const shown = await failing(["build", "-t", "UPPER", dockerfile("FROM scratch\n")], "REFERENCE_INVALID");
    expect(shown).toBe(
      'ERROR: failed to build: invalid image reference "UPPER": the repository name must be lowercase (REFERENCE_INVALID)\n  hint: write upper\n',
    );
  });
  it("SG-02, CP-23: targets and stages that do not exist", async () => {
    expect(
      await failing(["build", "--target", "biuld", dockerfile("FROM busybox AS build\n")], "STAGE_INVALID"),
    ).toContain("could not be found (did you mean build?)");
    expect((await shop.it.run(["build", dockerfile("FROM busybox\nCOPY --from=7 a b\n")])).stderr).toContain(
      "invalid stage index 7",
    );
  });
  it("CL-01: a context that is not there", async () => {
    expect(await failing(["build", join(shop.it.folder, "nowhere")], "CONTEXT_NOT_FOUND")).toContain(
      "unable to prepare context: path",
    );
    const context = dockerfile("FROM scratch\n");
    expect(await failing(["build", `${context}x`], "CONTEXT_NOT_FOUND")).toContain(
      `did you mean "${context}"?`,
    );
    expect(await failing(["build", join(context, "Dockerfile")], "CONTEXT_NOT_FOUND")).toContain(
      "is not a folder",
    );
  });
  it("a registry that is down", async () => {
    expect(await failing(["build", dockerfile("FROM 127.0.0.1:9/x\n")], "REGISTRY_UNREACHABLE")).toContain(
      ">>> FROM 127.0.0.1:9/x",
    );
  });
  it("a registry that answers nonsense", async () => {
    const server = createServer((_, response) =>
      response.writeHead(200, { "content-type": "text/html" }).end("<html>hello</html>"),
    );
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const { port } = server.address() as { port: number };
    const text = await failing(["pull", `127.0.0.1:${port}/x`], "REGISTRY_PROTOCOL");
    expect(text).toContain(`127.0.0.1:${port}`);
    server.close();
  });
  it("a malformed reference, an unknown image", async () => {
    await failing(["build", dockerfile("FROM Busy_Box::x\n")], "REFERENCE_INVALID");
    await failing(["run", "--pull=never", "nosuchimage"], "IMAGE_NOT_FOUND", 125);
    await failing(["history", "nosuchimage"], "IMAGE_NOT_FOUND");
  });
  it("a truncated archive to load, a file that is no archive", async () => {
    const file = join(shop.it.folder, "whole.tar");
    await shop.it.succeed(["save", "-o", file, "busybox"]);
    const { readFileSync } = await import("node:fs");
    writeFileSync(join(shop.it.folder, "cut.tar"), readFileSync(file).subarray(0, 300_000));
    await failing(["load", "-i", join(shop.it.folder, "cut.tar")], "LAYER_INVALID");
    writeFileSync(join(shop.it.folder, "text.tar"), "this is no archive\n".repeat(100));
    expect((await shop.it.run(["load", "-i", join(shop.it.folder, "text.tar")])).exitCode).toBe(1);
    await shop.it.succeed(["inspect", "busybox"]);
  });
  it("`docker save` folders whose manifest.json is not as it should be", async () => {
    const wrong = { "manifest.json": '[{"Config":"c"}]', cut: "[{", item: "[7]", object: "{}" };
    for (const text of Object.values(wrong)) {
      const folder = shop.it.context({ "manifest.json": text });
      expect(await failing(["load", "-i", folder], "IMAGE_INVALID")).toContain("manifest.json");
    }
    await failing(["load", "-i", shop.it.context({ "index.json": "{" })], "IMAGE_INVALID");
  });
  it("SG-10: OCI layouts that are missing, or are none", async () => {
    const build = (place: string) => {
      const layout = `base=oci-layout://${place}@sha256:${"0".repeat(64)}`;
      return ["build", "--build-context", layout, dockerfile("FROM base\n")];
    };
    await failing(build(join(shop.it.folder, "nowhere")), "CONTEXT_NOT_FOUND");
    await failing(build(shop.it.context({ "index.json": "{" })), "IMAGE_INVALID");
    await failing(build(shop.it.context({ "oci-layout": "" })), "IMAGE_INVALID");
  });
  it("EP-02: an epoch named after something that has no time", async () => {
    const lib = shop.it.context({ f: "" });
    const epoch = "--build-arg=SOURCE_DATE_EPOCH=lib";
    const context = dockerfile("FROM scratch AS lib\nADD https://127.0.0.1:9/f /\nFROM busybox\n");
    await failing(["build", epoch, "--build-context", `lib=${lib}`, context], "USAGE", 2);
  });
  it("PO-08: warnings ahead of an error are told, and once", async () => {
    const built = await shop.it.build({ Dockerfile: "FROM busybox\nMAINTAINER me\nCOPY --chwon=1 a b\n" });
    expect(built.exitCode).toBe(1);
    expect(built.stderr.match(/MaintainerDeprecated/g)).toHaveLength(1);
  });
  it("wrong flags are usage errors with exit code 2", async () => {
    const context = dockerfile("FROM busybox\n");
    for (const flags of [
      ["--no-such-flag"],
      ["-o", "type=lokal"],
      ["--progress=loud"],
      ["--network=bridge"],
      ["--secret", "src=x,colour=red,id=y"],
    ]) {
      const result = await shop.it.run(["build", ...flags, context]);
      expect([flags, result.exitCode === 0, /^\s+at .*:\d+:\d+\)?$/m.test(result.stderr)]).toEqual([
        flags,
        false,
        false,
      ]);
    }
    expect((await shop.it.run(["build", "--no-such-flag", context])).exitCode).toBe(2);
    expect((await shop.it.run(["bild", context])).exitCode).toBe(2);
  });
  it("RX-02: an entitlement that was not given", async () => {
    expect(
      await failing(
        ["build", dockerfile("FROM busybox\nRUN --security=insecure true\n")],
        "ENTITLEMENT_DENIED",
      ),
    ).toContain("security.insecure is not allowed");
  });
  it("RN-06: a user that is not in the image", async () => {
    expect(
      await failing(["build", dockerfile("FROM busybox\nUSER nosuch\nRUN true\n")], "USER_NOT_FOUND"),
    ).toContain("nosuch");
  });
  it("a file of the context that cannot be read, as an ordinary user sees it", async () => {
    if (process.getuid?.() === 0)
      return console.warn("root reads every file: this is tested with the ordinary user's builds");
    const context = dockerfile("FROM busybox\nCOPY f /\n", { f: "" });
    chmodSync(join(context, "f"), 0);
    await failing(["build", context], "PERMISSION_DENIED");
  });
  it("a store of a later format, and one that is no folder", async () => {
    const later = shop.it.context({ version: "99\n" });
    expect((await shop.it.run(["images"], { home: later })).stderr).toContain("(STORE_UNUSABLE)");
    const file = join(shop.it.context({ f: "" }), "f");
    expect((await shop.it.run(["images"], { home: file, cwd: shop.it.folder })).stderr).toMatch(
      /\((STORE_UNUSABLE|PERMISSION_DENIED)\)/,
    );
  });
});
