import { describe, expect, it } from "vitest";
import { parseEntitlements } from "../../src/plan/entitlements.ts";
import { failure, historyOf, KnownImages, PATH, runsOf } from "./planning.ts";

async function onlyRun(lines: string, request = {}) {
  const runs = await runsOf(`FROM scratch\n${lines}`, request);
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

describe("RUN: the process", () => {
  it("RN-01: shell form runs in /bin/sh -c, JSON form as it is", async () => {
    const runs = await runsOf('FROM scratch\nRUN echo "a  b"\nRUN ["a", "b c", "$D"]');
    expect(runs.map(({ argv }) => argv)).toEqual([
      ["/bin/sh", "-c", 'echo "a  b"'],
      ["a", "b c", "$D"],
    ]);
  });

  it("RN-01: SHELL of the stage or the base is used; ENTRYPOINT never is", async () => {
    const resolver = new KnownImages({ base: { config: { Shell: ["/bin/ash", "-ec"], Entrypoint: ["e"] } } });
    const runs = await runsOf('FROM base\nRUN a\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN b', {
      resolver,
    });
    expect(runs.map(({ argv }) => argv)).toEqual([
      ["/bin/ash", "-ec", "a"],
      ["/bin/bash", "-o", "pipefail", "-c", "b"],
    ]);
  });

  it("RN-02: a lone heredoc is the command text; `<<-` loses its tabs; quotes make no difference", async () => {
    expect((await onlyRun("RUN <<EOF\necho $A\n\techo b\nEOF")).argv).toEqual([
      "/bin/sh",
      "-c",
      "echo $A\n\techo b\n",
    ]);
    expect((await onlyRun("RUN <<-'EOF'\n\techo $A\n\t\techo b\n\tEOF")).argv.at(-1)).toBe(
      "echo $A\necho b\n",
    );
  });

  it("RN-02: a body that begins with #! becomes a script", async () => {
    const run = await onlyRun("RUN <<-END\n\t#!/usr/bin/awk -f\n\tBEGIN {}\nEND");
    expect(run.argv).toEqual(["/bin/sh", "-c", "/dev/pipes/END"]);
    expect(run.script).toEqual({ name: "END", content: "#!/usr/bin/awk -f\nBEGIN {}\n" });
    expect(run.history.created_by).toBe("RUN /bin/sh -c /dev/pipes/END # buildkit");
  });

  it("RN-02: a script cannot be placed outside its folder", async () => {
    for (const name of ["../x", "..", "a/b"])
      expect(await failure(`FROM scratch\nRUN <<${name}\n#!/bin/sh\n${name}`)).toEqual({
        code: "INSTRUCTION_INVALID",
        message: `heredoc name "${name}" cannot be a file name`,
        line: 2,
      });
  });

  it("RN-03: any other use is put together again for the shell, bodies unchanged", async () => {
    expect((await onlyRun("RUN cat <<A <<-B > f\na\nA\n\tb\n\tB")).argv.at(-1)).toBe(
      "cat <<A <<-B > f\na\nA\n\tb\nB",
    );
    expect((await onlyRun("RUN python3 <<EOF\n#!x\nEOF")).argv.at(-1)).toBe("python3 <<EOF\n#!x\nEOF");
  });

  it("RN-04: the environment is the stage's, in the order of writing", async () => {
    const run = await onlyRun("ENV B=1\nARG A=2\nENV B=3\nRUN x");
    expect(run.env).toEqual([PATH, "A=2", "B=3"]);
    expect(run.buildArgs).toEqual(["A=2"]);
  });

  it("RN-05: directory and user are the stage's at that moment", async () => {
    const runs = await runsOf("FROM scratch\nRUN a\nWORKDIR /w\nUSER u:g\nRUN b");
    expect(runs).toMatchObject([
      { cwd: "/", user: "" },
      { cwd: "/w", user: "u:g" },
    ]);
  });
});

describe("RUN: network, security, devices", () => {
  it("RX-01: the instruction's choice wins over the request's; `default` means the latter", async () => {
    const text = "FROM scratch\nRUN a\nRUN --network=default b\nRUN --network=none c\nRUN --network=host d";
    const networks = async (request: object) => (await runsOf(text, request)).map(({ network }) => network);
    expect(await networks({ allow: ["network.host"] })).toEqual(["default", "default", "none", "host"]);
    expect(await networks({ network: "none", allow: ["network.host"] })).toEqual([
      "none",
      "none",
      "none",
      "host",
    ]);
    expect(await networks({ network: "host" })).toEqual(["host", "host", "none", "host"]);
  });

  it("RX-01: the host's network has to be allowed", async () => {
    expect(await failure("FROM scratch\nRUN --network=host x")).toEqual({
      code: "ENTITLEMENT_DENIED",
      message: "entitlement network.host is not allowed",
      line: 2,
    });
  });

  it("RX-02: insecure has to be allowed", async () => {
    const text = "FROM scratch\nRUN --security=insecure x\nRUN y";
    expect(await failure(text)).toEqual({
      code: "ENTITLEMENT_DENIED",
      message: "entitlement security.insecure is not allowed",
      line: 2,
    });
    const runs = await runsOf(text, { allow: ["security.insecure"] });
    expect(runs.map(({ security }) => security)).toEqual(["insecure", "sandbox"]);
  });

  it("RX-03: devices are named once; whether they are allowed is judged where they are known", async () => {
    expect((await failure("FROM scratch\nRUN --device=a,name=b x")).message).toMatch(
      /device name already set to a$/,
    );
    const [run] = await runsOf("FROM scratch\nRUN --device=v/c=gpu0,required --device=b x");
    expect(run!.devices).toEqual([
      { name: "v/c=gpu0", required: true },
      { name: "b", required: false },
    ]);
  });
});

describe("parseEntitlements", () => {
  it("8.1: names, devices and their aliases", () => {
    const { plain, devices } = parseEntitlements([
      "network.host",
      "device=v.com/c=a",
      "device=v.com/c=b,alias=v.com/c=mine",
      "buildx.local.delete",
    ]);
    expect([...plain]).toEqual(["network.host"]);
    expect(devices).toEqual({
      all: false,
      names: ["v.com/c=a"],
      aliases: new Map([["v.com/c=mine", "v.com/c=b"]]),
    });
    expect(parseEntitlements(["device"]).devices.all).toBe(true);
  });

  it.each([
    ["all", "unknown entitlement all"],
    ["buildx.local.delete=true", "unknown entitlement buildx.local.delete=true"],
    ["device=a,b=c", 'unknown device config key "b"'],
    ["device=a,b", 'invalid device config "b"'],
  ])("8.1: %s is refused", (text, message) => {
    expect(() => parseEntitlements([text])).toThrow(expect.objectContaining({ code: "USAGE", message }));
  });
});

describe("RUN: history", () => {
  it("HI-04, A6-2: arguments in scope are counted and listed; argv is not quoted", async () => {
    expect(await historyOf('FROM scratch\nRUN x\nARG a=1\nRUN x\nRUN ["x","y z"]')).toEqual([
      "RUN /bin/sh -c x # buildkit",
      "- ARG a=1",
      "RUN |1 a=1 /bin/sh -c x # buildkit",
      "RUN |1 a=1 x y z # buildkit",
    ]);
  });

  it("HI-04: a key is listed once, at its first place, with its value in the environment, else as recorded", async () => {
    const text =
      "FROM scratch\nARG foo=bar\nARG bar=123\nARG unset\nARG foo=bar2\nENV bar=env\nARG BUILDKIT_SBOM_SCAN_STAGE=1\nRUN x";
    expect((await historyOf(text)).at(-1)).toBe(
      "RUN |4 foo=bar2 bar=env unset= BUILDKIT_SBOM_SCAN_STAGE=1 /bin/sh -c x # buildkit",
    );
  });

  it("HI-04: a heredoc's body is there verbatim", async () => {
    expect(await historyOf("FROM scratch\nRUN <<EOF\na\nb\nEOF")).toEqual([
      "RUN /bin/sh -c a\nb\n # buildkit",
    ]);
  });
});
