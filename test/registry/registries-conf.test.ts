import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseReference } from "../../src/image/reference.ts";
import { loadRegistriesConf, locateRegistriesConf } from "../../src/registry/registries-conf.ts";
import { parseRegistriesToml } from "../../src/registry/registries-toml.ts";
import { pushEndpoint, resolveEndpoints } from "../../src/registry/resolve-endpoints.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";

const HTTPS = "https";
const PLAIN = "https-unverified http";

/** `host/repository schemes` of each place an image is pulled from. */
function places(toml: string, name: string, insecureHosts: string[] = []): string[] {
  const conf = { registries: parseRegistriesToml(toml, "registries.conf") };
  return resolveEndpoints(parseReference(name), { conf, insecureHosts }).map((e) => {
    const schemes = e.schemes.map(({ protocol, verify }) =>
      protocol === "http:" ? "http" : verify ? "https" : "https-unverified",
    );
    return `${e.apiHost}/${e.repository} ${schemes.join(" ")}${e.mirror ? " mirror" : ""}`;
  });
}

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("resolveEndpoints", () => {
  it("calls Docker Hub by its API host, every other registry by its name", () => {
    expect(places("", "debian")).toEqual([`registry-1.docker.io/library/debian ${HTTPS}`]);
    expect(places("", "ghcr.io/a/b")).toEqual([`ghcr.io/a/b ${HTTPS}`]);
  });

  it("allows plain HTTP on loopback only", () => {
    for (const host of ["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9:1", "[::1]:5000"]) {
      expect(places("", `${host}/a`)).toEqual([`${host}/a ${PLAIN}`]);
    }
    for (const host of ["128.0.0.1:5000", "localhost.example.com", "127.0.0.1.example.com", "[::2]:80"]) {
      expect(places("", `${host}/a`)).toEqual([`${host}/a ${HTTPS}`]);
    }
  });

  it("tries mirrors in order, then the location", () => {
    const toml = `
[[registry]]
prefix = "docker.io"
location = "hub.test/proxy"
[[registry.mirror]]
location = "mirror-a.test/docker"
[[registry.mirror]]
location = "mirror-b.test"
insecure = true
`;
    expect(places(toml, "debian:12")).toEqual([
      `mirror-a.test/docker/library/debian ${HTTPS} mirror`,
      `mirror-b.test/library/debian ${PLAIN} mirror`,
      `hub.test/proxy/library/debian ${HTTPS}`,
    ]);
  });

  it("takes the longest prefix that ends at a path boundary", () => {
    const toml = `
[[registry]]
location = "reg.test"
insecure = true
[[registry]]
prefix = "reg.test/team"
location = "team.test"
[[registry]]
prefix = "reg.test/team/app"
location = "app.test/x"
`;
    expect(places(toml, "reg.test/team/app")).toEqual([`app.test/x ${HTTPS}`]);
    expect(places(toml, "reg.test/team/apple")).toEqual([`team.test/apple ${HTTPS}`]);
    expect(places(toml, "reg.test/teams/x")).toEqual([`reg.test/teams/x ${PLAIN}`]);
    expect(places(toml, "reg.test:5000/x")).toEqual([`reg.test:5000/x ${HTTPS}`]);
  });

  it("matches wildcards below a domain, not the domain itself", () => {
    const toml = `[[registry]]\nprefix = "*.corp.test"\ninsecure = true\n`;
    expect(places(toml, "a.corp.test/x")).toEqual([`a.corp.test/x ${PLAIN}`]);
    expect(places(toml, "b.a.corp.test/x")).toEqual([`b.a.corp.test/x ${PLAIN}`]);
    expect(places(toml, "corp.test/x")).toEqual([`corp.test/x ${HTTPS}`]);
    expect(places(toml, "evil.test/a.corp.test/x")).toEqual([`evil.test/a.corp.test/x ${HTTPS}`]);
  });

  it("heeds pull-from-mirror and mirror-by-digest-only", () => {
    const toml = `
[[registry]]
location = "reg.test"
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.test"
pull-from-mirror = "tag-only"
`;
    expect(places(toml, "reg.test/x:1")).toEqual([`tags.test/x ${HTTPS} mirror`, `reg.test/x ${HTTPS}`]);
    expect(places(toml, `reg.test/x@${DIGEST}`)).toEqual([
      `digests.test/x ${HTTPS} mirror`,
      `reg.test/x ${HTTPS}`,
    ]);
    const old = `[[registry]]\nlocation = "reg.test"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = "m.test"\n`;
    expect(places(old, "reg.test/x:1")).toEqual([`reg.test/x ${HTTPS}`]);
  });

  it("refuses blocked registries by name", () => {
    const toml = `[[registry]]\nlocation = "bad.test"\nblocked = true\n`;
    expect(() => places(toml, "bad.test/x")).toThrow(
      expect.objectContaining({
        code: "REGISTRY_BLOCKED",
        message: "bad.test/x is blocked by registries.conf",
      }),
    );
  });

  it("pushes to the registry that the name says, with its insecure setting", () => {
    const toml = `[[registry]]\nprefix = "reg.test"\nlocation = "other.test"\ninsecure = true\n[[registry.mirror]]\nlocation = "m.test"\n`;
    const conf = { registries: parseRegistriesToml(toml, "f") };
    const endpoint = pushEndpoint(parseReference("reg.test/x"), { conf });
    expect([endpoint.apiHost, endpoint.repository, endpoint.insecure]).toEqual(["reg.test", "x", true]);
  });

  it("takes insecure hosts from an option too", () => {
    expect(places("", "reg.test/x", ["reg.test"])).toEqual([`reg.test/x ${PLAIN}`]);
  });
});

describe("registries.conf files", () => {
  it("reads drop-ins in byte order after the main file; a later table replaces an earlier one", async () => {
    const folder = writeTree(temporaryFolder(), {
      "registries.conf": `unqualified-search-registries = ["docker.io"]\n[[registry]]\nlocation = "a.test"\n[[registry]]\nlocation = "b.test"\n`,
      "registries.conf.d/20.conf": `[[registry]]\nlocation = "b.test"\ninsecure = true\n`,
      "registries.conf.d/10.conf": `[[registry]]\nlocation = "b.test"\nblocked = true\n[aliases]\n"x" = "y.test/x"\n`,
      "registries.conf.d/30.txt": "not toml at all [",
    });
    const paths = await locateRegistriesConf({
      files: [join(folder, "missing.conf"), join(folder, "registries.conf")],
      folders: [join(folder, "missing.d"), join(folder, "registries.conf.d")],
    });
    const { registries } = await loadRegistriesConf(paths);
    expect(registries.map((r) => [r.prefix, r.blocked, r.insecure])).toEqual([
      ["a.test", false, false],
      ["b.test", false, true],
    ]);
  });

  it("wants the file of CONTAINERS_REGISTRIES_CONF to exist", async () => {
    const override = join(temporaryFolder(), "none.conf");
    await expect(locateRegistriesConf({ override, files: [], folders: [] })).rejects.toMatchObject({
      code: "USAGE",
      message: `no such file: ${override}`,
    });
  });

  it("names the file and the line of a syntax error", () => {
    expect(() => parseRegistriesToml("a = 1\n[[registry\n", "x.conf")).toThrow(
      expect.objectContaining({ code: "USAGE", source: { file: "x.conf", start: 2, end: 2 } }),
    );
  });

  it.each([
    ['[[registry]]\nlocation = "https://reg.test"\n', /must not have a scheme/],
    ["[[registry]]\ninsecure = true\n", /neither a prefix nor a location/],
    ['[[registry]]\nlocation = "a.test"\ninsecure = "yes"\n', /"insecure" must be true or false/],
    ['[[registry]]\nlocation = "a.test"\n[[registry.mirror]]\ninsecure = true\n', /is not host\[:port\]/],
    ['[registries.search]\nregistries = ["a.test"]\n', /version 1 of the format/],
    ['registry = "a.test"\n', /must be written as \[\[registry\]\]/],
  ])("refuses %j", (toml, message) => {
    expect(() => parseRegistriesToml(toml, "x.conf")).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringMatching(message) }),
    );
  });
});
