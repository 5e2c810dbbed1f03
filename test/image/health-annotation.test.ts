import { describe, expect, it } from "vitest";
import { decodeImageConfig } from "../../src/image/decode-config.ts";
import { healthAnnotation, withAnnotatedHealth } from "../../src/image/health-annotation.ts";
import { decodeManifest, encodeManifest } from "../../src/image/manifest.ts";

const CHECK = {
  Test: ["CMD-SHELL", "test -f /ok"],
  Interval: 2_000_000_000,
  Timeout: 1_000_000_000,
  StartPeriod: 3_000_000_000,
  StartInterval: 500_000_000,
  Retries: 4,
};
const BARE = decodeImageConfig(
  Buffer.from('{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[]}}'),
);
const DIGEST = `sha256:${"0".repeat(64)}` as const;

/** A manifest as it comes back from a registry. */
function manifestWith(annotations: Readonly<Record<string, string>> | undefined) {
  const config = { mediaType: "application/vnd.oci.image.config.v1+json", digest: DIGEST, size: 2 };
  const { bytes, descriptor } = encodeManifest({
    family: "oci",
    config,
    layers: [],
    ...(annotations ? { annotations } : {}),
  });
  return decodeManifest(bytes, descriptor.mediaType);
}

describe("the annotation of a health check", () => {
  it("brings it back where the config has lost it", () => {
    const manifest = manifestWith(healthAnnotation({ Healthcheck: CHECK }));
    expect(withAnnotatedHealth(BARE, manifest).config.Healthcheck).toEqual(CHECK);
  });

  it("says nothing where the config has one", () => {
    const manifest = manifestWith(healthAnnotation({ Healthcheck: CHECK }));
    const own = { ...BARE, config: { Healthcheck: { Test: ["NONE"] } } };
    expect(withAnnotatedHealth(own, manifest).config.Healthcheck).toEqual({ Test: ["NONE"] });
  });

  it("is not there where there is no check", () => {
    expect(healthAnnotation({})).toBeUndefined();
    expect(withAnnotatedHealth(BARE, manifestWith(undefined))).toBe(BARE);
  });

  it("has to be readable", () => {
    const manifest = manifestWith({ "dev.slipway.healthcheck": "{" });
    expect(() => withAnnotatedHealth(BARE, manifest)).toThrow("dev.slipway.healthcheck");
  });
});
