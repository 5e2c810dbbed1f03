import { describe, expect, it } from "vitest";
import { checkNetwork } from "../../src/container/network/network-mode.ts";

const LINE = "a\n6.6.6.6 bank";

describe("names of a container's network", () => {
  it.each([
    [{ hostname: LINE }, "--hostname"],
    [{ hostname: "-a" }, "--hostname"],
    [{ hostname: "a".repeat(254) }, "--hostname"],
    [{ networkAliases: ["good", LINE] }, "--network-alias"],
    [{ networkAliases: ["two words"] }, "--network-alias"],
    [{ addHosts: [{ host: LINE, ip: "1.2.3.4" }] }, "--add-host"],
    [{ addHosts: [{ host: "a", ip: "1.2.3.4\n6.6.6.6 bank" }] }, "--add-host"],
    [{ dns: ["notanip"] }, "--dns"],
    [{ dns: ["1.1.1.1\noptions x"] }, "--dns"],
    [{ dnsSearch: ["a b"] }, "--dns-search"],
    [{ dnsOptions: ["ndots:2\nnameserver 6.6.6.6"] }, "--dns-option"],
  ])("%j is refused: it would be more than one word of a file", (options, flag) => {
    expect(() => checkNetwork(options)).toThrow(new RegExp(`^${flag}: `));
  });

  it("take what Docker takes", () => {
    const options = {
      network: "private" as const,
      hostname: "web-1.example.test",
      networkAliases: ["my_db", "a.b.", "7"],
      addHosts: [
        { host: "a", ip: "host-gateway" },
        { host: "b_c", ip: "::1" },
      ],
      dns: ["1.1.1.1", "fe80::1"],
      dnsSearch: [".", "example.test"],
      dnsOptions: ["ndots:2", "use-vc"],
    };
    expect(checkNetwork(options)).toEqual([]);
  });
});
