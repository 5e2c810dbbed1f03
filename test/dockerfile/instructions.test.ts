import { describe, expect, it } from "vitest";
import type { FromInstruction, Instruction } from "../../src/dockerfile/instructions.ts";
import { parseDockerfile } from "../../src/dockerfile/parse-dockerfile.ts";
import { parseDevice } from "../../src/dockerfile/run-instruction.ts";
import { failureOf } from "./failure-of.ts";

const parse = (line: string): Instruction =>
  parseDockerfile(`FROM x\n${line}`, "f").stages[0]!.instructions[0]!;
const from = (line: string): FromInstruction => parseDockerfile(line, "f").stages[0]!.from;
const problem = (line: string) => {
  const { code, message } = failureOf(() => parse(line));
  return [code, message.replace("dockerfile parse error on line 2: ", "")];
};

describe("FROM", () => {
  it("FR-01: image, platform and a lowercased name", () => {
    expect(from("# c\nfrom --platform=$P img as Web_1.a-b")).toEqual({
      kind: "FROM",
      source: { file: "f", start: 2, end: 2 },
      text: "from --platform=$P img as Web_1.a-b",
      keyword: "from",
      comments: ["c"],
      image: "img",
      stageName: "web_1.a-b",
      platform: "$P",
    });
  });

  it.each([["9a"], ["_a"], ["a/b"], ['A"b'], ["$a"]])("FR-01: %s is no name for a stage", (name) => {
    expect(problem(`FROM y AS ${name}`)).toEqual([
      "INSTRUCTION_INVALID",
      `invalid name for build stage: ${JSON.stringify(name)}, name can't start with a number or contain symbols`,
    ]);
  });
});

describe("RUN, CMD, ENTRYPOINT", () => {
  it("RX-01 to RX-03: flags and their defaults", () => {
    expect(parse("RUN a  b")).toMatchObject({
      command: { form: "shell", command: "a  b" },
      heredocs: [],
      mounts: [],
      network: "default",
      security: "sandbox",
      devices: [],
    });
    expect(
      parse(
        'RUN --mount=type=x --mount=b --network=none --security=insecure --device=a,required ["a", "b c"]',
      ),
    ).toMatchObject({
      command: { form: "exec", argv: ["a", "b c"] },
      mounts: [{ text: "type=x" }, { text: "b" }],
      network: "none",
      security: "insecure",
      devices: ["a,required"],
    });
  });

  it.each([
    ["RUN --network=x a", 'invalid network mode "x"'],
    ["RUN --network= a", 'invalid network mode ""'],
    ["RUN --security=x a", 'security "x" is not valid'],
    ["RUN --device=a,name=b a", "device name already set to a"],
    ["RUN --device=a,Foo=b a", "unexpected key 'foo' in 'Foo=b'"],
    ["RUN --device=v.com/c=a,v.com/d=b a", "unexpected key 'v.com/d' in 'v.com/d=b'"],
    ["RUN --device=v.com/c=a,name=b a", "device name already set to v.com/c=a"],
    ["RUN --device=a,required=x a", "invalid value for required: x"],
    ["RUN --device= a", "failed to parse csv devices: EOF"],
  ])("RX-01 to RX-03: %s", (line, message) => {
    expect(problem(line)).toEqual(["INSTRUCTION_INVALID", message]);
  });

  it("RX-03: the forms of a device", () => {
    expect(parseDevice("vendor.com/gpu:1")).toEqual({
      name: "vendor.com/gpu:1",
      required: false,
    });
    expect(parseDevice("vendor.com/gpu=1,required")).toEqual({ name: "vendor.com/gpu=1", required: true });
    expect(parseDevice("required,vendor.com/gpu=1")).toEqual({ name: "vendor.com/gpu=1", required: true });
    expect(parseDevice("name=v.com/gpu=all,required=1")).toEqual({ name: "v.com/gpu=all", required: true });
    expect(parseDevice('"a,b",required=false')).toEqual({ name: "a,b", required: false });
    expect(failureOf(() => parseDevice('a,"b')).code).toBe("INSTRUCTION_INVALID");
  });

  it("CF-01, CF-02: shell and exec form", () => {
    expect(parse("CMD a b")).toMatchObject({ kind: "CMD", command: { form: "shell", command: "a b" } });
    expect(parse('entrypoint ["a"]')).toMatchObject({
      kind: "ENTRYPOINT",
      keyword: "entrypoint",
      command: { form: "exec", argv: ["a"] },
    });
  });
});

describe("COPY and ADD", () => {
  it("CP-01: every flag of COPY", () => {
    expect(
      parse("COPY --from=A --chown=1:2 --chmod=u+x --link --parents --exclude=a --exclude=!b s t /d"),
    ).toMatchObject({
      kind: "COPY",
      sources: ["s", "t"],
      destination: "/d",
      from: "A",
      chown: "1:2",
      chmod: "u+x",
      link: true,
      parents: true,
      excludes: ["a", "!b"],
    });
  });

  it("CP-01: every flag of ADD, and absent ones stay absent", () => {
    expect(parse("ADD --keep-git-dir --checksum=sha256:x --unpack=false u /d")).toMatchObject({
      checksum: "sha256:x",
      keepGitDir: true,
      unpack: false,
    });
    const plain = parse("ADD u /d");
    expect(Object.keys(plain).sort()).toEqual(
      "comments destination excludes heredocs keyword kind link parents source sources text".split(" "),
    );
  });
});

describe("configuration", () => {
  it("LX-33, LX-34: pairs", () => {
    expect(parse("ENV a=1 b='x y'")).toMatchObject({
      pairs: [
        { key: "a", value: "1" },
        { key: "b", value: "'x y'" },
      ],
      legacy: false,
    });
    expect(parse("LABEL a  b c")).toMatchObject({ pairs: [{ key: "a", value: "b c" }], legacy: true });
    expect(problem("ENV a=1 =v")).toEqual(["INSTRUCTION_INVALID", "ENV names can not be blank"]);
    expect(problem("LABEL =v")).toEqual(["INSTRUCTION_INVALID", "LABEL names can not be blank"]);
    expect(problem("ARG a =v")).toEqual(["INSTRUCTION_INVALID", "ARG names can not be blank"]);
  });

  it("SC-07: ARG tells no default from an empty one", () => {
    expect(parse("ARG a b= c='d=e'")).toMatchObject({
      args: [
        { key: "a", value: undefined },
        { key: "b", value: "" },
        { key: "c", value: "'d=e'" },
      ],
    });
  });

  it("CF-07: EXPOSE is sorted by bytes", () => {
    expect(parse("EXPOSE 80 443/udp $P 8080 é 😀 \uffee")).toMatchObject({
      ports: ["$P", "443/udp", "80", "8080", "é", "\uffee", "😀"],
    });
  });

  it("CF-13: VOLUME items are trimmed and not empty", () => {
    expect(parse('VOLUME ["/a b ", "/c"]')).toMatchObject({ volumes: ["/a b", "/c"] });
    expect(problem('VOLUME ["/a", " "]')).toEqual([
      "INSTRUCTION_INVALID",
      "VOLUME specified can not be an empty string",
    ]);
  });

  it("CF-15: SHELL is JSON", () => {
    expect(parse('SHELL ["/bin/bash", "-c"]')).toMatchObject({ shell: ["/bin/bash", "-c"] });
    expect(problem("SHELL bash -c")).toEqual([
      "INSTRUCTION_INVALID",
      "SHELL requires the arguments to be in JSON form",
    ]);
  });

  it("CF-06, CF-14: raw text stays as written", () => {
    expect(parse('MAINTAINER "a" <b>')).toMatchObject({ maintainer: '"a" <b>' });
    expect(parse("STOPSIGNAL sigterm")).toMatchObject({ signal: "sigterm" });
  });

  it("LX-26: an unknown instruction, with a suggestion where one is near", () => {
    expect(problem("COPI a b")).toEqual([
      "DOCKERFILE_SYNTAX",
      "unknown instruction: COPI (did you mean COPY?)",
    ]);
    expect(problem("rum a")).toEqual(["DOCKERFILE_SYNTAX", "unknown instruction: rum (did you mean run?)"]);
    expect(problem("Copi a b")[1]).toBe("unknown instruction: Copi (did you mean copy?)");
    expect(problem("bogus a")).toEqual(["DOCKERFILE_SYNTAX", "unknown instruction: bogus"]);
    expect(problem("\\")).toEqual(["DOCKERFILE_SYNTAX", "unknown instruction: "]);
    expect(problem('\u017fhell ["a"]')[0]).toBe("DOCKERFILE_SYNTAX");
  });
});
