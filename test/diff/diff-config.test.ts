import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { ComparedDocuments } from "../../src/diff/compared-image.ts";
import { diffConfigs } from "../../src/diff/diff-config.ts";
import { diffHistories } from "../../src/diff/diff-history.ts";
import type { ContainerConfig, ImageConfig } from "../../src/image/config.ts";

const ID = digestOf(Buffer.from(""));

function documents(
  config: ContainerConfig,
  more: Partial<ImageConfig> = {},
  annotations: Record<string, string> = {},
): ComparedDocuments {
  const platform = { os: "linux", architecture: "amd64" };
  const whole = { platform, config, history: [], diffIds: [], ...more };
  return { name: "x", id: ID, manifest: ID, config: whole, annotations, layerSizes: [10, 20, 30] };
}

const told = (before: ComparedDocuments, after: ComparedDocuments, times = false) =>
  diffConfigs(before, after, times).map(({ kind, field, key, before: was, after: is }) =>
    JSON.stringify([kind, field, key, was, is]),
  );

describe("two configurations", () => {
  it("differ field by field", () => {
    const before = documents({ User: "a", Cmd: ["x"], Shell: ["/bin/sh"], StopSignal: "SIGTERM" });
    const after = documents({ WorkingDir: "/w", Cmd: ["x", "y"], Shell: ["/bin/sh"], Entrypoint: [] });
    expect(told(before, after)).toEqual([
      '["removed","User",null,"a",null]',
      '["added","WorkingDir",null,null,"/w"]',
      '["changed","Cmd",null,["x"],["x","y"]]',
      '["removed","StopSignal",null,"SIGTERM",null]',
    ]);
  });

  it("differ variable by variable, label by label, port by port, in whatever order they stand", () => {
    const before = documents({
      Env: ["A=1", "B=x=y", "C"],
      Labels: { k: "1", __proto__x: "2" },
      ExposedPorts: { "80/tcp": {} },
      Volumes: { "/v": {} },
    });
    const after = documents(
      {
        Env: ["C=", "B=x=z", "A=1"],
        Labels: { k: "2" },
        ExposedPorts: { "81/udp": {} },
        Volumes: { "/v": {} },
      },
      {},
      { "org.opencontainers.image.base.name": "base" },
    );
    expect(told(before, after)).toEqual([
      '["changed","Env","B","x=y","x=z"]',
      '["removed","Labels","__proto__x","2",null]',
      '["changed","Labels","k","1","2"]',
      '["removed","ExposedPorts","80/tcp",{},null]',
      '["added","ExposedPorts","81/udp",null,{}]',
      '["added","Annotations","org.opencontainers.image.base.name",null,"base"]',
    ]);
  });

  it("differ in each part of the health check, in the platform, and in times only where asked for", () => {
    const Test = ["CMD", "true"];
    const before = documents({ Healthcheck: { Test, Retries: 3 } }, { created: "2020-01-01T00:00:00Z" });
    const platform = { os: "linux", architecture: "arm64", osVersion: "1" };
    const after = documents(
      { Healthcheck: { Test, Retries: 4, Interval: 0 } },
      { platform, created: "2021-01-01T00:00:00Z" },
    );
    const changes = [
      '["changed","Platform",null,"linux/amd64","linux/arm64 (1)"]',
      '["changed","Healthcheck","Retries",3,4]',
    ];
    expect(told(before, after)).toEqual(changes);
    expect(told(before, after, true)).toContain(
      '["changed","Created",null,"2020-01-01T00:00:00Z","2021-01-01T00:00:00Z"]',
    );
    expect(told(after, after, true)).toEqual([]);
  });

  it("have histories that differ step by step, whenever the steps were done", () => {
    const diffIds = [ID, ID, ID];
    const step = (created_by: string, created: string, empty = false) =>
      empty ? { created_by, created, empty_layer: true } : { created_by, created };
    const before = documents(
      {},
      {
        diffIds: diffIds.slice(1),
        history: [step("base", "1"), step("ENV a", "1", true), step("RUN x", "1")],
      },
    );
    const after = documents(
      {},
      { diffIds, history: [step("base", "2"), step("RUN y", "2"), step("RUN x", "2")] },
    );
    expect(diffHistories(before, after)).toEqual([
      { kind: "removed", createdBy: "ENV a" },
      { kind: "added", createdBy: "RUN y", size: 20 },
    ]);
    // A layer without an entry counts as a step.
    const longer = documents({}, { diffIds, history: before.config.history });
    expect(diffHistories(before, longer)).toEqual([{ kind: "added", createdBy: "", size: 30 }]);
  });
});
