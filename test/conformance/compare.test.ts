import { describe, expect, it } from "vitest";
import { compareObservations } from "../../conformance/src/compare/compare.ts";
import { explainDifferences } from "../../conformance/src/compare/known.ts";
import type { Entry, Observation } from "../../conformance/src/observation.ts";

const FILE: Entry = { path: "a", type: "file", mode: 0o644, uid: 0, gid: 0, size: 1, sha256: "x", mtime: 5 };

function image(entries: readonly Entry[], config: Record<string, unknown> = {}): Observation {
  const layers = [{ diffId: `sha256:${JSON.stringify(entries)}`, entries }];
  const documents = { manifest: JSON.stringify([config, layers]), config: JSON.stringify(config) };
  return {
    outcome: "success",
    images: [{ platform: "linux/amd64", config, history: [], layers, documents }],
  };
}

function failure(cause: string, lines: readonly number[] = [2]): Observation {
  return { outcome: "failure", failure: { cause, lines, text: cause } };
}

describe("comparing two results", () => {
  it("finds nothing where there is nothing", () => {
    expect(compareObservations({}, image([FILE]), image([FILE]))).toEqual([]);
  });

  it.each([
    ["mode", { mode: 0o600 }, '"0644"', '"0600"'],
    ["uid", { uid: 5 }, "0", "5"],
    ["sha256", { sha256: "y" }, '"x"', '"y"'],
    ["mtime", { mtime: "now" }, "5", '"now"'],
    ["xattrs", { xattrs: { a: "b" } }, "(nothing)", '{"a":"b"}'],
  ] as const)("finds a path with another %s", (name, change, buildkit, slipway) => {
    const found = compareObservations({}, image([FILE]), image([{ ...FILE, ...change }]));
    expect(found).toEqual([{ where: `layer 0: a ${name}`, buildkit, slipway }]);
  });

  it("finds a path that one lacks, and one that comes twice", () => {
    expect(compareObservations({}, image([FILE]), image([]))[0]?.slipway).toBe("(nothing)");
    expect(compareObservations({}, image([FILE]), image([FILE, FILE]))[0]?.where).toBe("layer 0: a (again)");
  });

  it("takes a file whose name looks like that for itself", () => {
    const named = { ...FILE, path: "a (again)" };
    const where = (...entries: Entry[]) =>
      compareObservations({}, image([FILE, named]), image(entries)).map((found) => found.where);
    expect(where(FILE, named)).toEqual([]);
    expect(where(FILE, FILE)).toEqual(["layer 0: a (again)", "layer 0: a (again)"]);
    expect(where(FILE, named, named)).toEqual(["layer 0: a (again) (again)"]);
  });

  it("finds another order", () => {
    const other = { ...FILE, path: "b" };
    const found = compareObservations({}, image([FILE, other]), image([other, FILE]));
    expect(found).toEqual([{ where: "layer 0: order, entry 0", buildkit: "a", slipway: "b" }]);
  });

  it("finds a member of the config wherever it lies", () => {
    const found = compareObservations(
      {},
      image([], { config: { Env: ["A=1"] } }),
      image([], { config: { Env: [] } }),
    );
    expect(found.map(({ where }) => where)).toEqual(["config.config.Env[0]"]);
  });

  it("takes failures for the same by their reason, and finds other lines", () => {
    const spec = { expect: "failure", reason: '"/x": not found' } as const;
    const theirs = failure('failed to calculate checksum of ref a::b: "/x": not found');
    expect(compareObservations(spec, theirs, failure('COPY: "/x": not found'))).toEqual([]);
    expect(compareObservations(spec, theirs, failure("no such file"))).toHaveLength(1);
    expect(compareObservations(spec, theirs, failure('"/x": not found', [3]))).toHaveLength(1);
  });

  it("finds an agreement that was not meant", () => {
    const both = failure("some other reason");
    expect(compareObservations({}, both, both).map(({ where }) => where)).toEqual(["expected success"]);
  });
});

describe("documented differences", () => {
  const found = [{ where: "layer 0: a mode", buildkit: '"0644"', slipway: '"0600"' }];

  it("explain only what their pattern matches", () => {
    expect(explainDifferences({ differs: { "X-1": "a mode" } }, found).open).toEqual([]);
    expect(explainDifferences({ differs: { "X-1": "b mode" } }, found).open).toEqual(found);
  });

  it("are stale where they do not occur", () => {
    expect(explainDifferences({ differs: { "X-1": "b mode" } }, found).stale).toEqual(["X-1"]);
  });
});
