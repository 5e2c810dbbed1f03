import { describe, expect, it } from "vitest";
import { type ParseOptions, parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { failureOf } from "./failure-of.ts";

const BODY = "FROM scratch\n";
const parse = (text: string, options: ParseOptions = {}) => parseDockerfile(text, "Dockerfile", options);

describe("the frontend", () => {
  it.each([
    "docker/dockerfile:1",
    "docker/dockerfile:1.7-labs",
    "docker.io/docker/dockerfile-upstream:master",
    "mirror.example:5000/docker/dockerfile@sha256:00",
    "dockerfile.v0",
  ])("LX-18: %s is what is built in", (reference) => {
    expect(parse(`# syntax=${reference}\n${BODY}`).stages).toHaveLength(1);
  });

  it("LX-18, PO-02: another one is refused where it is named, before anything is parsed", () => {
    const error = failureOf(() => parse("# check=bad\n# syntax=example/mockerfile some words\nNONSENSE\n"));
    expect(error).toMatchObject({
      code: "FRONTEND_UNSUPPORTED",
      message: "the frontend example/mockerfile cannot be run",
      source: { file: "Dockerfile", start: 2, end: 2 },
    });
  });

  it("LX-19: BUILDKIT_SYNTAX overrides the line, whichever of the two is built in", () => {
    const foreign = `# syntax=example/mockerfile\n${BODY}`;
    expect(parse(foreign, { syntax: "dockerfile.v0" }).stages).toHaveLength(1);
    expect(parse(foreign, { syntax: "docker/dockerfile:1 with=words" }).stages).toHaveLength(1);
    const own = `# syntax=docker/dockerfile:1\n${BODY}`;
    expect(failureOf(() => parse(own, { syntax: "example/mockerfile" })).code).toBe("FRONTEND_UNSUPPORTED");
    expect(failureOf(() => parse(own, { syntax: "" }))).toMatchObject({
      code: "USAGE",
      message: "the build argument BUILDKIT_SYNTAX is empty",
    });
  });

  it("LX-19: a named context of the frontend's name takes its place", () => {
    const contexts = new Map([
      ["example/mockerfile", "docker-image://docker/dockerfile:1"],
      ["docker/dockerfile:1", "docker-image://example/other:2"],
    ]);
    const frontendContext = (reference: string) => contexts.get(reference);
    expect(failureOf(() => parse(`# syntax=example/mockerfile\n${BODY}`, { frontendContext })).message).toBe(
      "the frontend example/other:2 cannot be run",
    );
    contexts.delete("docker/dockerfile:1");
    expect(parse(`# syntax=example/mockerfile\n${BODY}`, { frontendContext }).stages).toHaveLength(1);
    contexts.set("a/dockerfile", "docker-image://a/dockerfile");
    expect(parse(`# syntax=a/dockerfile\n${BODY}`, { frontendContext }).stages).toHaveLength(1);
  });
});
