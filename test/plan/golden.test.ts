import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { outline } from "./outline.ts";
import { ARM64, deepFreeze, type KnownImage, KnownImages, PATH, type PlanRequest, plan } from "./planning.ts";

const FOLDER = join(import.meta.dirname, "golden");

const GOLANG: KnownImage = {
  config: { Env: ["PATH=/go/bin:/bin", "GOPATH=/go"], Cmd: ["bash"], WorkingDir: "/go" },
};
const IMAGES: Readonly<Record<string, KnownImage>> = {
  "golang:1.23": GOLANG,
  "node:20": {
    config: { Env: [PATH, "NODE_VERSION=20"], Entrypoint: ["docker-entrypoint.sh"], Cmd: ["node"] },
  },
  "python:3.12": { config: { Env: [PATH, "LANG=C.UTF-8"], Cmd: ["python3"] } },
  trigger: { config: { Env: [PATH], OnBuild: ["COPY . /src", "WORKDIR /src"], User: "builder" } },
  "alpine:3.21": { config: { Env: [PATH], Cmd: ["/bin/sh"] } },
  debian: { config: { Env: [PATH], Cmd: ["bash"] } },
  busybox: {},
};

/** How a Dockerfile is planned, where it is not with the defaults. */
const REQUESTS: Readonly<Record<string, PlanRequest>> = {
  "go-service": { platform: ARM64, multiPlatform: true, args: { VERSION: "1.2.3" } },
  "node-app": { labels: { "org.example.revision": "abc" } },
  arguments: {
    args: {
      TAG: "3.21",
      http_proxy: "http://proxy:1",
      HTTP_PROXY: "http://declared:2",
      SOURCE_DATE_EPOCH: "9",
    },
  },
  "parallel-diamond": { noCacheFilter: ["left"], target: "Join" },
};

describe("plans of whole Dockerfiles", () => {
  const names = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".Dockerfile"))
    .map((name) => name.slice(0, -".Dockerfile".length));

  it("has a Dockerfile for every request", () => {
    expect(names).toHaveLength(8);
    expect(Object.keys(REQUESTS).filter((name) => !names.includes(name))).toEqual([]);
  });

  for (const name of names) {
    const text = readFileSync(join(FOLDER, `${name}.Dockerfile`), "utf8");
    const make = () =>
      plan(text, { resolver: new KnownImages(deepFreeze({ ...IMAGES })), ...REQUESTS[name] });

    it(`${name} is planned as its golden file says`, async () => {
      const golden: unknown = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));
      expect(outline(await make())).toEqual(golden);
    });

    it(`${name} is planned alike twice`, async () => {
      expect(await make()).toEqual(await make());
    });
  }
});
