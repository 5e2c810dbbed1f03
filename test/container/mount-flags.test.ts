import { describe, expect, it } from "vitest";
import { parseMountFlag } from "../../src/container/volume/mount-flag.ts";
import type { MountRequest } from "../../src/container/volume/mount-request.ts";
import { plannedMounts } from "../../src/container/volume/planned-mounts.ts";
import { parseTmpfsFlag } from "../../src/container/volume/tmpfs-flag.ts";
import { parseVolumeFlag } from "../../src/container/volume/volume-flag.ts";

const usage = (call: () => unknown) => expect(call).toThrow(expect.objectContaining({ code: "USAGE" }));

describe("DR-08: -v", () => {
  const parse = (text: string) => parseVolumeFlag(text, "/here");

  it("tells paths, names and anonymous volumes apart", () => {
    expect(parse("/data")).toEqual({ type: "volume", target: "/data", readOnly: false, anonymous: true });
    expect(parse("db:/data:ro,nocopy")).toEqual({
      ...{ type: "volume", name: "db", target: "/data", readOnly: true, anonymous: false, noCopy: true },
    });
    expect(parse("./x:/data/:rw,Z")).toEqual({
      ...{ type: "bind", source: "/here/x", target: "/data", readOnly: false, makesSource: true },
    });
    expect(parse("/a/../b:/c//d/.")).toMatchObject({ source: "/b", target: "/c/d" });
  });

  it.each([
    "",
    ":/x",
    "a:",
    "name:relative",
    "x:/",
    "/a:/b:what",
    "/a:/b:ro,rw",
    "a b:/x",
    "/a:/b:ro:x",
    "x:/y:rshared",
    "/a:/b:nocopy",
  ])("refuses %j", (text) => usage(() => parse(text)));
});

describe("DR-08: --mount", () => {
  const parse = (text: string) => parseMountFlag(text, "/here");

  it("has Docker's keys, with their other names", () => {
    expect(parse("type=bind,src=x,dst=/in,ro")).toEqual({
      ...{ type: "bind", source: "/here/x", target: "/in", readOnly: true, makesSource: false },
    });
    expect(parse("type=bind,source=/x,destination=/in,readonly=false,bind-recursive=disabled")).toMatchObject(
      {
        ...{ readOnly: false, isSingle: true },
      },
    );
    expect(parse("source=db,target=/in,volume-nocopy,volume-subpath=a/b,volume-label=k=v")).toEqual({
      ...{ type: "volume", name: "db", target: "/in", readOnly: false, anonymous: false },
      ...{ noCopy: true, subpath: "a/b", labels: { k: "v" } },
    });
    expect(parse("target=/in")).toMatchObject({ type: "volume", anonymous: true });
    expect(parse("type=tmpfs,target=/in,tmpfs-size=1m,tmpfs-mode=0700")).toEqual({
      ...{ type: "tmpfs", target: "/in", readOnly: false },
      options: ["noexec", "size=1048576", "mode=700"],
    });
    expect(parse('type=bind,"source=/a,b",target=/in')).toMatchObject({ source: "/a,b" });
  });

  it.each([
    ...[
      "type=bind,target=/x",
      "type=bind,source=/x",
      "type=nfs,target=/x",
      "type=volume,source=/x,target=/y",
    ],
    ...["type=tmpfs,source=x,target=/y", "type=bind,source=/x,target=/y,volume-nocopy", "target=/x,what=1"],
    ...[
      "type=tmpfs,target=/x,tmpfs-size=big",
      "type=tmpfs,target=/x,tmpfs-mode=9",
      "target=/x,readonly=perhaps",
    ],
    ...[
      "target=/x,volume-subpath=/abs",
      "target=/x,volume-driver=nfs",
      "type=bind,source=/x,target=/y,bind-propagation=rshared",
    ],
  ])("refuses %j", (text) => usage(() => parse(text)));
});

describe("--tmpfs", () => {
  it("takes options of mount(8), but none that opens devices", () => {
    expect(parseTmpfsFlag("/run:size=64m,mode=755,exec,ro")).toEqual({
      ...{ type: "tmpfs", target: "/run", readOnly: true },
      options: ["size=64m", "mode=755", "exec"],
    });
    usage(() => parseTmpfsFlag("/run:dev"));
    usage(() => parseTmpfsFlag("/run:size=1m,x"));
  });
});

describe("DR-08: which mounts a container gets", () => {
  const plan = (
    flags: Parameters<typeof plannedMounts>[0],
    imageVolumes: string[] = [],
    other: MountRequest[] = [],
  ) => plannedMounts(flags, { cwd: "/", imageVolumes, mountsOf: () => other });

  it("VOLUME gets an anonymous volume where nothing else is mounted", () => {
    const mounts = plan({ volumes: ["/host:/a"], tmpfs: ["/b"] }, ["/a", "/b/", "/c"]);
    expect(mounts.map(({ type, target }) => `${type} ${target}`)).toEqual([
      "bind /a",
      "tmpfs /b",
      "volume /c",
    ]);
  });

  it("--volumes-from is below the command line, and may make read-only", () => {
    const other: MountRequest[] = [
      { type: "volume", name: "v", target: "/v", readOnly: false, anonymous: true },
      { type: "tmpfs", target: "/t", readOnly: false, options: [] },
      { type: "bind", source: "/s", target: "/b", readOnly: false, makesSource: true },
    ];
    const mounts = plan({ volumesFrom: ["box:ro"], volumes: ["/mine:/b"] }, ["/v"], other);
    expect(mounts).toMatchObject([
      { name: "v", target: "/v", readOnly: true },
      { source: "/mine", readOnly: false },
    ]);
    usage(() => plan({ volumesFrom: ["box:what"] }));
  });

  it("refuses two mounts at one place, however it is written", () => {
    usage(() => plan({ volumes: ["/x:/a"], mounts: ["target=/a/"] }));
  });
});
