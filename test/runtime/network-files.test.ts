import { describe, expect, it } from "vitest";
import { hostsFile, resolverFile } from "../../src/runtime/network-files.ts";

describe("hostsFile", () => {
  it("RN-09: localhost and the hostname for both families, then the extra hosts", () => {
    expect(hostsFile("builder", [{ name: "db", ip: "192.0.2.7" }])).toBe(
      "127.0.0.1\tlocalhost builder\n::1\tlocalhost ip6-localhost ip6-loopback\n192.0.2.7\tdb\n",
    );
  });
});

describe("resolverFile", () => {
  const host =
    "# made by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch example.test\noptions edns0\n";

  it("RN-09: the machine's own network has the machine's own file", () => {
    expect(resolverFile({ network: "host", host })).toBe(host);
  });

  it("RN-09: a network of its own cannot reach a server on the machine's loopback", () => {
    expect(resolverFile({ network: "none", host })).toBe(
      "nameserver 192.0.2.53\nsearch example.test\noptions edns0\n",
    );
  });

  it("RN-09: without any server left, public ones are asked", () => {
    const servers = "nameserver 8.8.8.8\nnameserver 8.8.4.4\n";
    expect(resolverFile({ network: "none", host: "nameserver ::1\n" })).toBe(servers);
    expect(resolverFile({ network: "host", host: "" })).toBe(servers);
  });

  it("given servers, domains and options replace the machine's", () => {
    const request = {
      network: "host",
      host,
      nameservers: ["198.51.100.1"],
      search: ["a", "b"],
      options: ["rotate"],
    } as const;
    expect(resolverFile(request)).toBe("nameserver 198.51.100.1\nsearch a b\noptions rotate\n");
  });
});
