import { describe, expect, it } from "vitest";
import {
  ambiguousDockerfile,
  checkStdinUse,
  parseMainContext,
  parseNamedContext,
} from "../../src/context/context-source.ts";
import { gitAuthorization, httpAuthorization } from "../../src/context/source-auth.ts";

const folders =
  (...names: string[]) =>
  (path: string) =>
    names.includes(path);
const usage = (message: string) => expect.objectContaining({ code: "USAGE", message });

describe("parseMainContext", () => {
  it("SG-15: stdin, folder, git and URL", () => {
    expect(parseMainContext("-", folders("-"))).toEqual({ kind: "stdin" });
    expect(parseMainContext(".", folders("."))).toEqual({ kind: "local", path: "." });
    expect(parseMainContext("https://h/x.tar.gz", folders())).toEqual({
      kind: "url",
      url: "https://h/x.tar.gz",
    });
    expect(parseMainContext("github.com/o/r#main", folders())).toMatchObject({
      kind: "git",
      source: { remote: "https://github.com/o/r", ref: "main" },
    });
  });

  it("SG-15: a folder that exists wins over an address", () => {
    expect(parseMainContext("github.com/o/r", folders("github.com/o/r"))).toEqual({
      kind: "local",
      path: "github.com/o/r",
    });
  });

  it("CL-01: anything else is a path that is not there", () => {
    expect(() => parseMainContext("nope", folders())).toThrowError(
      expect.objectContaining({
        code: "CONTEXT_NOT_FOUND",
        message: 'unable to prepare context: path "nope" not found',
      }),
    );
  });

  it("CL-01: standard input serves one purpose", () => {
    expect(() => checkStdinUse({ kind: "stdin" }, "-")).toThrowError(
      usage("invalid argument: can't use stdin for both build context and dockerfile"),
    );
    checkStdinUse({ kind: "stdin" }, "Dockerfile");
    checkStdinUse({ kind: "local", path: "." }, "-");
    expect(ambiguousDockerfile()).toEqual(
      usage("ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles"),
    );
  });
});

describe("parseNamedContext", () => {
  const parse = (value: string) => parseNamedContext("n", value, folders("dir"));
  const digest = `sha256:${"a".repeat(64)}`;

  it("SG-10: every kind of value", () => {
    expect(parse("dir")).toEqual({ kind: "local", path: "dir" });
    expect(parse("docker-image://alpine:3")).toEqual({ kind: "image", reference: "alpine:3" });
    expect(parse("docker-image://scratch")).toEqual({ kind: "image", reference: "scratch" });
    expect(parse("target:base")).toEqual({ kind: "target", target: "base" });
    expect(parse("git@h:o/r.git#v1")).toMatchObject({
      kind: "git",
      source: { remote: "git@h:o/r.git", ref: "v1" },
    });
    expect(parse("https://h/f.txt")).toEqual({ kind: "url", url: "https://h/f.txt" });
    expect(parse("oci-layout://some/dir")).toEqual({ kind: "oci-layout", path: "some/dir" });
    expect(parse("oci-layout:///abs:v1")).toEqual({ kind: "oci-layout", path: "/abs", tag: "v1" });
    expect(parse(`oci-layout://./d:v1@${digest}`)).toEqual({
      kind: "oci-layout",
      path: "./d",
      tag: "v1",
      digest,
    });
    expect(parse("oci-layout://a:b/c")).toEqual({ kind: "oci-layout", path: "a:b/c" });
  });

  it.each([
    ["docker-image://", "invalid context specifier docker-image:// for n"],
    ["", "invalid context specifier  for n"],
    ["ftp://h/x", "unsupported context source ftp for n"],
    ["oci-layout://:v1", 'oci-layout reference ":v1" has no name'],
    ["oci-layout://d@sha256:12", 'oci-layout reference "d@sha256:12" has a digest that is not sha256'],
  ])("SG-10: %j is refused", (value, message) => {
    expect(() => parse(value)).toThrowError(usage(message));
  });

  it("CL-01: a named context path must be an existing folder", () => {
    expect(() => parse("missing")).toThrowError(
      expect.objectContaining({
        code: "CONTEXT_NOT_FOUND",
        message: 'failed to get build context n: path "missing" not found',
      }),
    );
  });
});

describe("secrets with well-known names", () => {
  const read = (secrets: Record<string, string>) => async (id: string) =>
    id in secrets ? Buffer.from(secrets[id]!) : undefined;

  it("AD-08: a header before a token, the host before any host", async () => {
    expect(await httpAuthorization("h:1", read({ "HTTP_AUTH_TOKEN_h:1": "t\n" }))).toBe("Bearer t");
    expect(
      await httpAuthorization("h", read({ HTTP_AUTH_HEADER_h: "Basic x", HTTP_AUTH_TOKEN_h: "t" })),
    ).toBe("Basic x");
    expect(await httpAuthorization("other", read({ HTTP_AUTH_TOKEN_h: "t" }))).toBeUndefined();
    const both = { GIT_AUTH_TOKEN: "all", "GIT_AUTH_TOKEN.h": "one" };
    const basic = (token: string) => `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
    expect(await gitAuthorization("h", read(both))).toBe(basic("one"));
    expect(await gitAuthorization("g", read(both))).toBe(basic("all"));
    expect(await gitAuthorization("h", read({ ...both, "GIT_AUTH_HEADER.h": "Bearer z" }))).toBe("Bearer z");
    expect(await gitAuthorization("h", read({ GIT_AUTH_TOKEN: "" }))).toBeUndefined();
  });
});
