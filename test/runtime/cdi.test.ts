import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { mergeEdits } from "../../src/runtime/cdi/device-edits.ts";
import { devicesNamed, isAutoAllowed, readDevices } from "../../src/runtime/cdi/device-registry.ts";
import { readSpecification } from "../../src/runtime/cdi/specification.ts";
import { makeFolder, writeTree } from "../support/folders.ts";

const base = { cdiVersion: "0.6.0", kind: "vendor.com/gpu" };
const withEdits = (containerEdits: object) => ({ ...base, devices: [{ name: "0", containerEdits }] });

/** The edits of the only device of a specification. */
const editsOf = (document: object) => mergeEdits(readSpecification(document).devices[0]!.edits);

describe("readSpecification", () => {
  it("RX-03: reads what a device changes", () => {
    expect(
      editsOf(
        withEdits({
          env: ["A=1", "B=x=y"],
          deviceNodes: [
            { path: "/dev/gpu0" },
            {
              ...{ path: "/dev/g", hostPath: "/dev/gpu1", type: "c", major: 1, minor: 5, fileMode: 0o660 },
              ...{ uid: 7, gid: 8, permissions: "rw" },
            },
          ],
          mounts: [
            { hostPath: "/lib/a.so", containerPath: "/usr/lib/a.so", options: ["ro", "nosuid", "bind"] },
            { hostPath: "tmpfs", containerPath: "/scratch", type: "tmpfs" },
          ],
          additionalGids: [0, 44],
          hooks: [{ hookName: "createContainer", path: "/bin/x" }],
        }),
      ),
    ).toEqual({
      env: ["A=1", "B=x=y"],
      nodes: [
        { path: "/dev/gpu0", hostPath: "/dev/gpu0" },
        {
          ...{ path: "/dev/g", hostPath: "/dev/gpu1", type: "c", major: 1, minor: 5 },
          ...{ mode: 0o660, uid: 7, gid: 8 },
        },
      ],
      mounts: [
        { type: "bind", hostPath: "/lib/a.so", path: "/usr/lib/a.so", readOnly: true },
        { type: "tmpfs", hostPath: "tmpfs", path: "/scratch", readOnly: false },
      ],
      groups: [44],
      ignored: ["hooks"],
    });
  });

  it("RX-03: edits of the whole file come first, annotations of the device win", () => {
    const { devices } = readSpecification({
      ...base,
      annotations: { a: "1", b: "1" },
      containerEdits: { env: ["ALL=1"] },
      devices: [{ name: "x", annotations: { b: "2" }, containerEdits: { env: ["ONE=1"] } }],
    });
    expect(devices[0]).toMatchObject({ name: "vendor.com/gpu=x", annotations: { a: "1", b: "2" } });
    expect(mergeEdits(devices[0]!.edits).env).toEqual(["ALL=1", "ONE=1"]);
  });

  it.each([
    ["no object", []],
    ["no version", { kind: "v.com/c", devices: [] }],
    ["no kind", { cdiVersion: "1.0.0", devices: [] }],
    ["a malformed kind", { ...base, kind: "vendor", devices: [] }],
    ["a malformed name", { ...base, devices: [{ name: "a b", containerEdits: {} }] }],
    ["no devices", base],
    ["an environment that is none", withEdits({ env: ["A"] })],
    ["a relative path", withEdits({ deviceNodes: [{ path: "dev/x" }] })],
    ["a mode that is no number", withEdits({ deviceNodes: [{ path: "/dev/x", fileMode: "0660" }] })],
    [
      "a mount of another kind",
      withEdits({ mounts: [{ hostPath: "/a", containerPath: "/b", type: "proc" }] }),
    ],
    ["a mount without a source", withEdits({ mounts: [{ containerPath: "/b" }] })],
  ])("refuses %s", (_, document) => {
    expect(() => readSpecification(document)).toThrow(expect.objectContaining({ name: "CdiError" }));
  });
});

describe("readDevices", () => {
  const folders = (files: Readonly<Record<string, string>>): readonly string[] => {
    const { path, remove } = makeFolder();
    onTestFinished(remove);
    mkdirSync(join(path, "first"));
    mkdirSync(join(path, "second"));
    writeTree(path, files);
    return [join(path, "missing"), join(path, "first"), join(path, "second")];
  };
  const yaml = (kind: string, ...devices: string[]) =>
    `cdiVersion: "0.6.0"\nkind: ${kind}\ndevices:\n${devices.map((name) => `- name: ${name}\n  containerEdits:\n    env: ["WHO=${name}"]\n`).join("")}`;

  it("RX-03: reads JSON and YAML; a later folder wins; twice in one folder is none", async () => {
    const json = JSON.stringify({
      ...base,
      devices: [{ name: "a", containerEdits: { env: ["WHO=second"] } }],
    });
    const { devices, problems } = await readDevices(
      folders({
        "first/a.yaml": yaml("vendor.com/gpu", "a", "b"),
        "first/c.yml": yaml("vendor.com/gpu", "b", "c"),
        "first/notes.txt": "no",
        "second/a.json": json,
      }),
    );
    expect([...devices.keys()]).toEqual(["vendor.com/gpu=a", "vendor.com/gpu=c"]);
    expect(mergeEdits(devices.get("vendor.com/gpu=a")!.edits).env).toEqual(["WHO=second"]);
    expect(problems).toEqual([
      expect.stringMatching(/^the device vendor.com\/gpu=b is described more than once/),
    ]);
  });

  it("a file that cannot be used is told and left out", async () => {
    const { devices, problems } = await readDevices(
      folders({
        "first/broken.json": "{",
        "first/broken.yaml": "a: [",
        "first/empty.yaml": "",
        "first/good.yaml": yaml("vendor.com/gpu", "a"),
      }),
    );
    expect([...devices.keys()]).toEqual(["vendor.com/gpu=a"]);
    expect(problems).toHaveLength(3);
    for (const problem of problems)
      expect(problem).toMatch(/^the CDI specification .*first\/(broken|empty)\.\w+ is ignored: ./);
  });

  it("RX-03: a name is one device, a class of them, the first or all of a kind", async () => {
    const registry = await readDevices(
      folders({
        "first/a.json": JSON.stringify({
          ...base,
          annotations: { "org.mobyproject.buildkit.device.autoallow": "true" },
          devices: [
            { name: "b", containerEdits: {} },
            { name: "a", annotations: { "org.mobyproject.buildkit.device.class": "big" } },
            { name: "c", annotations: { "org.mobyproject.buildkit.device.class": "big" } },
          ],
        }),
        "first/other.yaml": yaml("vendor.com/gpu2", "a"),
      }),
    );
    const names = (asked: string) =>
      devicesNamed(registry, asked).map(({ name }) => name.slice("vendor.com/".length));
    expect(names("vendor.com/gpu=b")).toEqual(["gpu=b"]);
    expect(names("vendor.com/gpu")).toEqual(["gpu=a"]);
    expect(names("vendor.com/gpu=*")).toEqual(["gpu=a", "gpu=b", "gpu=c"]);
    expect(names("vendor.com/gpu=big")).toEqual(["gpu=a", "gpu=c"]);
    expect(names("vendor.com/gpu=nothing")).toEqual([]);
    expect(isAutoAllowed(devicesNamed(registry, "vendor.com/gpu=b")[0]!)).toBe(true);
    expect(isAutoAllowed(devicesNamed(registry, "vendor.com/gpu2")[0]!)).toBe(false);
    expect(() => names("gpu")).toThrow(expect.objectContaining({ code: "INSTRUCTION_INVALID" }));
  });
});
