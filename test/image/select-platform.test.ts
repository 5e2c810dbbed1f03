import { describe, expect, it } from "vitest";
import { type Descriptor, MEDIA } from "../../src/core/descriptor.ts";
import { digestOf } from "../../src/core/digest.ts";
import { parsePlatform } from "../../src/core/platform.ts";
import { attestationsOf, availablePlatforms, selectPlatform } from "../../src/image/select-platform.ts";

function entry(platform?: string): Descriptor {
  const base = { mediaType: MEDIA.ociManifest, digest: digestOf(platform ?? "none"), size: 1 };
  const [os = "", architecture = "", variant] = (platform ?? "").split("/");
  return platform ? { ...base, platform: { os, architecture, ...(variant ? { variant } : {}) } } : base;
}
const image = entry("linux/amd64");
const attestation: Descriptor = {
  ...entry("unknown/unknown"),
  annotations: {
    "vnd.docker.reference.type": "attestation-manifest",
    "vnd.docker.reference.digest": image.digest,
  },
};
const index = (...manifests: Descriptor[]) => ({ family: "oci" as const, manifests });
const pick = (platform: string, ...manifests: Descriptor[]) =>
  selectPlatform(index(...manifests), parsePlatform(platform));

describe("selecting a platform", () => {
  it("takes the exact match, aliases and default variants included", () => {
    expect(pick("linux/amd64", entry("linux/386"), image, attestation)).toBe(image);
    const arm64 = entry("linux/arm64/v8");
    expect(pick("linux/arm64", image, arm64)).toBe(arm64);
    const arm = entry("linux/arm/v7");
    expect(pick("linux/arm", entry("linux/arm/v6"), arm)).toBe(arm);
  });

  it("falls back to the newest older variant, never to a newer one", () => {
    const [v5, v6] = [entry("linux/arm/v5"), entry("linux/arm/v6")];
    expect(pick("linux/arm/v7", v5, v6)).toBe(v6);
    expect(pick("linux/amd64/v3", image)).toBe(image);
    expect(() => pick("linux/arm/v6", entry("linux/arm/v7"))).toThrow("not available for linux/arm/v6");
    expect(() => pick("linux/amd64", entry("linux/amd64/v3"))).toThrow("not available for linux/amd64");
  });

  it("falls back to the 32-bit processor whose programs the wanted one runs", () => {
    const [i386, v5, v7] = [entry("linux/386"), entry("linux/arm/v5"), entry("linux/arm/v7")];
    expect(pick("linux/amd64", i386)).toBe(i386);
    expect(pick("linux/amd64/v2", i386, image)).toBe(image);
    expect(pick("linux/arm64", v5, v7)).toBe(v7);
    expect(() => pick("linux/386", image)).toThrow("not available for linux/386");
    expect(() => pick("linux/arm/v7", entry("linux/arm64"))).toThrow("not available for linux/arm/v7");
  });

  it("takes the only image of an index that names no platform", () => {
    const only = entry();
    expect(pick("linux/amd64", only, attestation)).toBe(only);
  });

  it("lists what there is when nothing matches", () => {
    expect(() => pick("linux/s390x", image, attestation, entry("linux/arm/v7"))).toThrow(
      expect.objectContaining({
        code: "PLATFORM_UNAVAILABLE",
        hint: "it is available for linux/amd64, linux/arm/v7",
        facts: { platform: "linux/s390x", available: ["linux/amd64", "linux/arm/v7"] },
      }),
    );
  });

  it("AT-02: finds the attestations of an image and does not count them as images", () => {
    const both = index(image, attestation, entry("linux/arm64"));
    expect(attestationsOf(both, image)).toEqual([attestation]);
    expect(attestationsOf(both, entry("linux/arm64"))).toEqual([]);
    expect(availablePlatforms(both)).toEqual(["linux/amd64", "linux/arm64"]);
  });
});
