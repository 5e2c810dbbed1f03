import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import { type Chain, imageChain } from "../../src/execute/chain.ts";
import { hardenKey } from "../../src/harden/remembered.ts";

const base = imageChain([digestOf("a"), digestOf("b")], []);
const keyOf = (chain: Chain) =>
  hardenKey({ chain, config: {}, setsUser: false, epoch: undefined }, { profile: "default", keep: [] });

describe("what a remembered hardening is known by", () => {
  it("is where the base ends: its layers are never made anew", () => {
    expect(keyOf({ ...base, baseLayers: 1 })).not.toBe(keyOf(base));
  });

  it("is what the report says of steps", () => {
    const described = (description: string) => ({
      ...base,
      layers: base.layers.map((layer) => ({ ...layer, description })),
    });
    expect(keyOf(described("RUN a"))).not.toBe(keyOf(described("RUN  a")));
    expect(keyOf(described("RUN a"))).toBe(keyOf(described("RUN a")));
  });
});
