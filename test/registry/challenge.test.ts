import { describe, expect, it } from "vitest";
import { parseChallenges } from "../../src/registry/challenge.ts";

function plain(header: string | string[]): unknown {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, { ...parameters }]);
}

describe("parseChallenges", () => {
  it("reads quoted parameters with commas, spaces and escapes", () => {
    const header =
      'Bearer realm="https://auth.test/token",service="a \\"b\\"",scope="repository:x:pull,push"';
    expect(plain(header)).toEqual([
      ["bearer", { realm: "https://auth.test/token", service: 'a "b"', scope: "repository:x:pull,push" }],
    ]);
  });

  it("reads several challenges from one header and from several headers", () => {
    expect(plain('Negotiate, Basic realm="one", Bearer realm="two"')).toEqual([
      ["negotiate", {}],
      ["basic", { realm: "one" }],
      ["bearer", { realm: "two" }],
    ]);
    expect(plain(['NTLM TlRMTVNTUAAB==, Digest qop="auth"', "BASIC REALM=x"])).toEqual([
      ["ntlm", {}],
      ["digest", { qop: "auth" }],
      ["basic", { realm: "x" }],
    ]);
  });

  it("takes unquoted URLs and spaces around the equals sign", () => {
    expect(plain("Bearer realm = https://auth.test/token?a=b , service=s")).toEqual([
      ["bearer", { realm: "https://auth.test/token?a=b", service: "s" }],
    ]);
  });

  it("ends quietly at what is no challenge", () => {
    expect(plain('Bearer realm="open')).toEqual([["bearer", { realm: "open" }]]);
    expect(plain("")).toEqual([]);
    expect(plain('="x"')).toEqual([]);
    expect(parseChallenges(undefined)).toEqual([]);
  });
});
