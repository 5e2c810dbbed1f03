import { describe, expect, it } from "vitest";
import { explainMiss } from "../../src/cache/explain.ts";
import { baseChain, extendChain, keyOf, type StepInputs } from "../../src/cache/inputs.ts";
import { digestOf } from "../../src/core/digest.ts";

const PARENT = digestOf("parent");
const RUN: StepInputs = {
  tag: "run/2",
  parent: PARENT,
  fields: { argv: ["/bin/sh", "-c", "make"], args: ["VERSION=1"], env: ["PATH=/bin"], cwd: "/" },
  files: [],
};
const COPY: StepInputs = {
  tag: "copy/2",
  parent: PARENT,
  fields: { destination: "/app" },
  files: [
    {
      from: "context",
      selector: "src",
      entries: [
        ["", "d 755 0:0"],
        ["a.c", `f 644 0:0 ${"a".repeat(64)}`],
        ["b.c", `f 644 0:0 ${"b".repeat(64)}`],
      ],
    },
  ],
};

function withFiles(entries: readonly (readonly [string, string])[]): StepInputs {
  return { ...COPY, files: [{ ...COPY.files[0]!, entries }] };
}

it("a context of which very many files have changed", () => {
  const files = (mode: string) =>
    withFiles(Array.from({ length: 200_000 }, (_, i) => [`f${i}`, `f ${mode} 0:0 x`] as const));
  expect(explainMiss(files("644"), files("755")).reason).toMatch(
    /^file f0 changed its mode from 644 to 755; .*; and 199997 more$/,
  );
});

describe("values in explanations", () => {
  it("a variable whose name says secret changes without its values being shown", () => {
    const before = {
      ...RUN,
      fields: { ...RUN.fields, args: ["GITHUB_TOKEN=old1"], env: ["DB_PASSWORD=old2"] },
    };
    const now = { ...RUN, fields: { ...RUN.fields, args: ["GITHUB_TOKEN=new1"], env: ["DB_PASSWORD=new2"] } };
    const told = explainMiss(before, now);
    expect(told.reason).toContain("GITHUB_TOKEN changed");
    expect(told.changed.map(({ name }) => name)).toEqual(["GITHUB_TOKEN", "DB_PASSWORD"]);
    expect(JSON.stringify(told)).not.toMatch(/old|new/);
  });
  it("a password in an address is not shown, whatever the variable is called", () => {
    const fields = (password: string) => ({
      argv: ["/bin/sh", "-c", `curl https://u:${password}@web/`],
      args: [`CONN=pg://u:${password}@db`],
      env: [`HTTP_PROXY=http://u:${password}@proxy`],
      cwd: "/",
    });
    const told = explainMiss({ ...RUN, fields: fields("old1") }, { ...RUN, fields: fields("new1") });
    expect(told.changed.map(({ name }) => name)).toEqual(["argv", "CONN", "HTTP_PROXY"]);
    expect(told.reason).toContain("CONN changed: pg://xxxxx:xxxxx@db -> pg://xxxxx:xxxxx@db");
    expect(JSON.stringify(told)).not.toMatch(/old1|new1/);
  });
});

describe("cache keys", () => {
  it("CK-01: equal inputs give equal keys, whatever the order of the fields", () => {
    const reordered: StepInputs = {
      ...RUN,
      fields: { cwd: "/", env: ["PATH=/bin"], args: ["VERSION=1"], argv: RUN.fields.argv! },
    };
    expect(keyOf(reordered)).toBe(keyOf(RUN));
  });
  it("CK-02: argv, environment, directory and parent all count", () => {
    const changed: StepInputs[] = [
      { ...RUN, fields: { ...RUN.fields, argv: ["/bin/sh", "-c", "make all"] } },
      { ...RUN, fields: { ...RUN.fields, env: ["PATH=/usr/bin"] } },
      { ...RUN, fields: { ...RUN.fields, cwd: "/src" } },
      { ...RUN, parent: digestOf("other") },
      { ...RUN, tag: "copy/2" },
    ];
    expect(new Set([RUN, ...changed].map(keyOf)).size).toBe(changed.length + 1);
  });
  it("CK-04: the directory part of a source does not count, its base names do", () => {
    const moved: StepInputs = {
      ...COPY,
      files: [{ ...COPY.files[0]!, selector: "other/src", from: "stage x" }],
    };
    expect(keyOf(moved)).toBe(keyOf(COPY));
    expect(keyOf(withFiles([["renamed.c", `f 644 0:0 ${"a".repeat(64)}`]]))).not.toBe(
      keyOf(withFiles([["a.c", `f 644 0:0 ${"a".repeat(64)}`]])),
    );
  });
  it("is a golden: the layout of a key changes only with its version tag", () => {
    expect(keyOf(RUN)).toMatchInlineSnapshot(
      `"sha256:1dcbec331fc8809be2cf384af312c170429f8c53dfba6eaf437aee9bbb051383"`,
    );
    expect(keyOf(COPY)).toMatchInlineSnapshot(
      `"sha256:9808102604f64efc28c36acd75d5f2d803328805c3474ac9db4d45c7aec13b73"`,
    );
    expect(extendChain(null, PARENT)).toMatchInlineSnapshot(
      `"sha256:372f742ae25be665b6f87e9e2ec227cab2099994bccaf2a71a301d3e148285c5"`,
    );
    expect(baseChain([PARENT])).toMatchInlineSnapshot(
      `"sha256:fc6323011e1ea897cdb8948f173755ae5db8cbb2890841e4d39ff5c2e294e6e7"`,
    );
  });
});

describe("why a step missed", () => {
  it("names a changed, an added and a removed file", () => {
    const now = withFiles([
      ["", "d 755 0:0"],
      ["a.c", `f 644 0:0 ${"c".repeat(64)}`],
      ["new.c", `f 644 0:0 ${"d".repeat(64)}`],
    ]);
    expect(explainMiss(COPY, now).reason).toBe(
      "file a.c changed; file new.c was added; file b.c was removed",
    );
  });
  it("tells a mode from a content change", () => {
    const now = withFiles([
      ["", "d 700 0:0"],
      ["a.c", `f 755 0:0 ${"a".repeat(64)}`],
      ["b.c", `f 644 1:1 ${"b".repeat(64)}`],
    ]);
    expect(explainMiss(COPY, now).reason).toBe(
      "file / changed its mode from 755 to 700; file a.c changed its mode from 644 to 755; file b.c changed its owner from 0:0 to 1:1",
    );
  });
  it("names a build argument and a variable with both values", () => {
    const now: StepInputs = {
      ...RUN,
      fields: { ...RUN.fields, args: ["VERSION=2"], env: ["PATH=/bin", "A=1"] },
    };
    expect(explainMiss(RUN, now).reason).toBe(
      "build argument VERSION changed: 1 -> 2; variable A changed (was not set)",
    );
  });
  it("names the earlier step where only the parent differs", () => {
    const now = { ...RUN, parent: digestOf("new parent") };
    expect(explainMiss(RUN, now, "[2/4] COPY . .").reason).toBe("an earlier step ran again: [2/4] COPY . .");
    expect(explainMiss(RUN, now).reason).toBe("the base changed");
  });
  it("shows the instruction that changed", () => {
    const now: StepInputs = { ...RUN, fields: { ...RUN.fields, argv: ["/bin/sh", "-c", "make all"] } };
    expect(explainMiss(RUN, now).reason).toBe(
      "the instruction changed: /bin/sh -c make -> /bin/sh -c make all",
    );
  });
  it("knows a first build and an evicted result", () => {
    expect(explainMiss(undefined, RUN).reason).toBe("first build of this step");
    expect(explainMiss(RUN, RUN).reason).toBe("the result of the last build is no longer in the store");
  });
  it("shortens a long list, and escapes what a file name may hold", () => {
    const many = withFiles(Array.from({ length: 9 }, (_, i) => [`f${i}\u001b`, "f 644 0:0"] as const));
    const { reason, changed } = explainMiss(withFiles([]), many);
    expect(changed).toHaveLength(9);
    expect(reason).toBe(
      "file f0\\u001b was added; file f1\\u001b was added; file f2\\u001b was added; and 6 more",
    );
  });
});

it("another instruction at the same place is told as that alone", () => {
  expect(explainMiss(COPY, RUN).reason).toBe("another instruction was at this place");
  expect(
    explainMiss({ ...COPY, tag: "copy-link/2", fields: { ...COPY.fields, link: true } }, COPY).reason,
  ).toBe("link changed (is no longer set)");
  expect(explainMiss({ ...COPY, tag: "copy/1" as "copy/2" }, COPY).reason).toBe(
    "another version of slipway made the last result",
  );
});
