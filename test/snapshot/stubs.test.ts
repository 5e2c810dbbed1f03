import { describe, expect, it } from "vitest";
import { type MountTarget, planStubs } from "../../src/snapshot/stubs.ts";
import { planWorkdir } from "../../src/snapshot/workdir.ts";
import { MemoryTree } from "../execute/memory-tree.ts";

const KERNEL = { "proc/": {}, "sys/": {}, "dev/": {} };
const dir = (path: string): MountTarget => ({ path, type: "dir" });
const file = (path: string): MountTarget => ({ path, type: "file" });

function plan(files: ConstructorParameters<typeof MemoryTree>[0], targets: readonly MountTarget[]) {
  const { stubs, resolved } = planStubs(new MemoryTree({ ...KERNEL, ...files }), targets);
  return { stubs: stubs.map(({ path, type, like }) => `${type} ${path}${like ? " =" : ""}`), resolved };
}

const refused = expect.objectContaining({ code: "SNAPSHOT_FAILED" });

describe("planStubs", () => {
  it("RN-10: lists what is missing, parents first, and repeats the image's own directories on the way", () => {
    expect(plan({ "var/": {} }, [dir("/var/cache/apt"), file("/etc/hosts")])).toEqual({
      stubs: ["dir etc", "file etc/hosts", "dir var =", "dir var/cache", "dir var/cache/apt"],
      resolved: ["/var/cache/apt", "/etc/hosts"],
    });
  });

  it("RN-10: needs nothing for what is there", () => {
    expect(plan({ "etc/hosts": "x", "srv/": {} }, [file("/etc/hosts"), dir("/srv")]).stubs).toEqual([]);
  });

  it("RN-10: an image without /proc, /sys and /dev gets them as stubs, so that no runtime makes them in the layer", () => {
    const { stubs } = planStubs(new MemoryTree({ "dev/": {} }), []);
    expect(stubs).toEqual([
      { path: "proc", type: "dir" },
      { path: "sys", type: "dir" },
    ]);
  });

  it("MT-06: a target below another one has no stub of its own", () => {
    const { stubs, resolved } = plan({}, [dir("/a/b"), dir("/a"), file("/dev/pipes/x")]);
    expect(stubs).toEqual(["dir a"]);
    expect(resolved).toEqual(["/a/b", "/a", "/dev/pipes/x"]);
  });

  it("resolves links of the image inside the image", () => {
    const links = { run: { link: "/../../var/run" }, "var/run/": {} };
    expect(plan(links, [file("/run/lock")])).toEqual({
      stubs: ["dir var =", "dir var/run =", "file var/run/lock"],
      resolved: ["/var/run/lock"],
    });
  });

  it("refuses the root, a wrong type, and a file on the way", () => {
    for (const target of [dir("/"), dir("/."), dir("/f"), file("/d"), dir("/f/x")])
      expect(() => plan({ f: "text", "d/": {} }, [target]), target.path).toThrow(refused);
  });

  it("refuses an image that redirects the kernel's directories", () => {
    for (const name of ["proc", "sys", "dev"])
      expect(() => planStubs(new MemoryTree({ [name]: { link: "/etc" } }), []), name).toThrow(refused);
  });
});

describe("planWorkdir", () => {
  const tree = new MemoryTree({ ...KERNEL, "srv/": {}, here: { link: "srv" }, f: "text" });

  it("RN-05: lists missing directories, parents first, behind resolved links", () => {
    expect(planWorkdir(tree, "/here/a/b")).toEqual({ path: "/srv/a/b", missing: ["/srv/a", "/srv/a/b"] });
    expect(planWorkdir(tree, "/srv")).toEqual({ path: "/srv", missing: [] });
    expect(planWorkdir(tree, "/")).toEqual({ path: "/", missing: [] });
  });

  it("RN-05: makes nothing below a mount", () => {
    expect(planWorkdir(tree, "/srv/a/b", ["/srv/a"])).toEqual({ path: "/srv/a/b", missing: [] });
    expect(planWorkdir(tree, "/new/x", ["/new"])).toEqual({ path: "/new/x", missing: [] });
  });

  it("refuses a file", () => {
    expect(() => planWorkdir(tree, "/f")).toThrow(refused);
    expect(() => planWorkdir(tree, "/f/x")).toThrow(refused);
  });
});
