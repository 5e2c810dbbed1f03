import { describe, expect, it } from "vitest";
import { parseHosts } from "../../src/cli/parse-flags.ts";

describe("--add-host", () => {
  it("8.1: one host, with either sign, several addresses, brackets around IPv6", () => {
    expect(parseHosts(["a=1.2.3.4", "b:1.2.3.5", "c=[::1]", "d:::1", "e=1.2.3.4,::1"])).toEqual([
      { host: "a", ip: "1.2.3.4" },
      { host: "b", ip: "1.2.3.5" },
      { host: "c", ip: "::1" },
      { host: "d", ip: "::1" },
      { host: "e", ip: "1.2.3.4" },
      { host: "e", ip: "::1" },
    ]);
  });

  it("8.1: host-gateway is the machine", () => {
    expect(parseHosts(["gate=host-gateway"])).toEqual([{ host: "gate", ip: "127.0.0.1" }]);
  });

  it.each(["foo", "a=", "=1.2.3.4", "a=1.2.3", "a=1.2.3.4,", "a=zz"])("8.1: %s is no host", (text) => {
    expect(() => parseHosts([text])).toThrow(`invalid host ${text}`);
  });
});
