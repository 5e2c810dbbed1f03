import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { ImageConfig } from "../../src/image/config.ts";
import { decodeImageConfig } from "../../src/image/decode-config.ts";
import { encodeImageConfig } from "../../src/image/encode-config.ts";

const A = digestOf("a");
const LINUX = { os: "linux", architecture: "amd64" };
const bare: ImageConfig = { platform: LINUX, config: {}, history: [], diffIds: [] };
const text = (config: ImageConfig) => encodeImageConfig(config).toString();

const full: ImageConfig = {
  platform: { os: "linux", architecture: "arm", variant: "v7", osVersion: "1", osFeatures: ["f"] },
  author: "me",
  created: "2024-01-02T03:04:05.000000006Z",
  config: {
    Shell: ["/bin/sh", "-c"],
    OnBuild: ["RUN x"],
    Healthcheck: { Retries: 2, Interval: 30_000_000_000, Test: ["CMD-SHELL", "x"] },
    ArgsEscaped: true,
    StopSignal: "SIGTERM",
    Labels: { "9": "nine", "10": "ten", b: "<&>" },
    WorkingDir: "/w",
    Volumes: { "/v": {} },
    Cmd: ["c"],
    Entrypoint: ["e"],
    Env: ["K=V"],
    ExposedPorts: { "80/tcp": {}, "443/tcp": {} },
    User: "u",
  },
  history: [
    { created: "2024-01-02T03:04:05Z", created_by: "RUN a && b # buildkit", author: "me", comment: "c" },
    { empty_layer: true, created_by: "ENV x" },
  ],
  diffIds: [A],
};

describe("encoding an image config", () => {
  it("OC-01, OC-02, HI-01: members in their order, maps sorted by bytes", () => {
    expect(text(full)).toBe(
      '{"architecture":"arm","author":"me","config":{"User":"u","ExposedPorts":{"443/tcp":{},"80/tcp":{}},' +
        '"Env":["K=V"],"Entrypoint":["e"],"Cmd":["c"],"Volumes":{"/v":{}},"WorkingDir":"/w",' +
        '"Labels":{"10":"ten","9":"nine","b":"\\u003c\\u0026\\u003e"},"StopSignal":"SIGTERM","ArgsEscaped":true,' +
        '"Healthcheck":{"Test":["CMD-SHELL","x"],"Interval":30000000000,"Retries":2},"OnBuild":["RUN x"],' +
        '"Shell":["/bin/sh","-c"]},"created":"2024-01-02T03:04:05.000000006Z","history":[{"created":' +
        '"2024-01-02T03:04:05Z","created_by":"RUN a \\u0026\\u0026 b # buildkit","author":"me","comment":"c"},' +
        `{"created_by":"ENV x","empty_layer":true}],"os":"linux","os.features":["f"],"os.version":"1",` +
        `"rootfs":{"type":"layers","diff_ids":["${A}"]},"variant":"v7"}`,
    );
  });

  it("OC-03, OC-04: no layers, no history and no time are null", () => {
    expect(text(bare)).toBe(
      '{"architecture":"amd64","config":{},"created":null,"history":null,"os":"linux","rootfs":{"type":"layers","diff_ids":null}}',
    );
  });

  it("OC-01: further top-level members take their place in the order", () => {
    const bytes = encodeImageConfig(bare, { "moby.buildkit.cache.v0": "e30=" }).toString();
    expect(bytes).toContain('"created":null,"history":null,"moby.buildkit.cache.v0":"e30=","os":"linux"');
  });

  it("OC-02: empty members are left out", () => {
    const config = {
      Env: [],
      Cmd: [],
      Entrypoint: [],
      Labels: {},
      Volumes: {},
      User: "",
      ArgsEscaped: false,
    };
    expect(text({ ...bare, config })).toBe(text(bare));
  });

  it("OC-05: os and architecture are required", () => {
    expect(() => text({ ...bare, platform: { os: "", architecture: "amd64" } })).toThrow(
      expect.objectContaining({
        code: "IMAGE_INVALID",
        message: "invalid image config for export: missing os",
      }),
    );
    expect(() => text({ ...bare, platform: { os: "linux", architecture: "" } })).toThrow(
      "invalid image config for export: missing architecture",
    );
  });

  it("is undone by decoding", () => {
    expect(decodeImageConfig(encodeImageConfig(full))).toEqual(full);
    expect(decodeImageConfig(encodeImageConfig(bare))).toEqual(bare);
  });
});

describe("decoding an image config", () => {
  const decode = (value: unknown) => decodeImageConfig(Buffer.from(JSON.stringify(value)));
  const minimal = { os: "linux", architecture: "amd64" };

  it("OC-06: drops unknown members at any level", () => {
    const docker = {
      ...minimal,
      docker_version: "1.13",
      container_config: { Cmd: ["x"] },
      config: { Hostname: "h", Domainname: "", AttachStdin: false, Image: "i", Cmd: ["sh"], Volumes: null },
      rootfs: { type: "layers", diff_ids: [A], base_layer: "b" },
      history: [{ created: "2020-01-01T00:00:00+02:00", created_by: "x", throwaway: true }],
    };
    expect(decode(docker)).toEqual({
      platform: LINUX,
      config: { Cmd: ["sh"] },
      history: [{ created: "2020-01-01T00:00:00+02:00", created_by: "x" }],
      diffIds: [A],
    });
  });

  it("keeps an empty Cmd apart from an absent one, and reads a lone string as one word", () => {
    expect(decode({ ...minimal, config: { Cmd: [] } }).config).toEqual({ Cmd: [] });
    expect(decode({ ...minimal, config: { Cmd: null } }).config).toEqual({});
    expect(decode({ ...minimal, config: { Entrypoint: "/run" } }).config).toEqual({ Entrypoint: ["/run"] });
  });

  it("keeps a label called __proto__ an ordinary member", () => {
    const { config } = decodeImageConfig(
      Buffer.from('{"os":"linux","architecture":"amd64","config":{"Labels":{"__proto__":"x"}}}'),
    );
    expect(Object.entries(config.Labels ?? {})).toEqual([["__proto__", "x"]]);
    expect(encodeImageConfig({ ...bare, config }).toString()).toContain('"Labels":{"__proto__":"x"}');
  });

  it.each([
    [{ architecture: "amd64" }, 'the image config has no member "os"'],
    [{ ...minimal, config: [] }, "the image config: config must be an object"],
    [{ ...minimal, config: { Env: [1] } }, "the image config: config.Env[0] must be a string"],
    [{ ...minimal, config: { Labels: { a: 1 } } }, 'the image config: config.Labels["a"] must be a string'],
    [
      { ...minimal, rootfs: { diff_ids: ["sha256:x"] } },
      "the image config: rootfs.diff_ids[0] is not a sha256 digest",
    ],
    [{ ...minimal, created: "yesterday" }, "the image config: created is not an RFC 3339 time"],
    [
      { ...minimal, history: [{ empty_layer: 1 }] },
      "the image config: history[0].empty_layer must be true or false",
    ],
    [[], "the image config must be an object"],
  ])("names what is wrong in %j", (value, message) => {
    expect(() => decode(value)).toThrow(expect.objectContaining({ code: "IMAGE_INVALID", message }));
  });

  it("refuses what is not JSON", () => {
    expect(() => decodeImageConfig(Buffer.from("{"))).toThrow("the image config is not JSON");
  });
});
