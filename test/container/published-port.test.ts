import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { findFreePorts } from "../../src/container/network/free-ports.ts";
import { checkNetwork, networkMode } from "../../src/container/network/network-mode.ts";
import { parseExpose, parsePublish, publishedPorts } from "../../src/container/network/published-port.ts";
import { freeSubnet } from "../../src/container/network/subnet.ts";

const brief = (text: string) =>
  parsePublish(text).map(
    ({ ip, host, container, protocol }) => `${ip}:${host.join("-")}:${container}/${protocol}`,
  );

describe("DR-09: -p", () => {
  it.each([
    ["80", ["0.0.0.0:0-0:80/tcp"]],
    ["8080:80", ["0.0.0.0:8080-8080:80/tcp"]],
    ["8080:80/udp", ["0.0.0.0:8080-8080:80/udp"]],
    ["127.0.0.1:8080:80", ["127.0.0.1:8080-8080:80/tcp"]],
    ["127.0.0.1::80", ["127.0.0.1:0-0:80/tcp"]],
    ["0:80", ["0.0.0.0:0-0:80/tcp"]],
    ["8000-8001:90-91", ["0.0.0.0:8000-8000:90/tcp", "0.0.0.0:8001-8001:91/tcp"]],
    ["8000-8005:90", ["0.0.0.0:8000-8005:90/tcp"]],
    ["90-91", ["0.0.0.0:0-0:90/tcp", "0.0.0.0:0-0:91/tcp"]],
  ])("%s", (text, ports) => expect(brief(text)).toEqual(ports));

  it.each([
    "",
    "x",
    "1:2:3:4",
    "70000",
    "80:70000",
    "1-2:3-5",
    "9-8:1",
    "80/sctp",
    "300.1.1.1:1:2",
    "[::1]:1:2",
    "0",
    "1:2/",
  ])("refuses %j", (text) =>
    expect(() => parsePublish(text)).toThrow(expect.objectContaining({ code: "USAGE" })),
  );

  it("-P adds what is exposed and not published yet", () => {
    const ports = publishedPorts(["8080:80"], ["80/tcp", "90", "91/udp"], true);
    expect(ports.map(({ container, protocol }) => `${container}/${protocol}`)).toEqual([
      "80/tcp",
      "90/tcp",
      "91/udp",
    ]);
    expect(publishedPorts([], ["80"], false)).toEqual([]);
    expect(parseExpose("7000-7001/UDP")).toEqual(["7000/udp", "7001/udp"]);
  });
});

describe("ports of this machine", () => {
  it("one that is taken is named; a range goes on to the next; 0 is any", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    const ask = (host: readonly [number, number]) =>
      findFreePorts([{ ip: "127.0.0.1", host, container: 80, protocol: "tcp" }]);
    await expect(ask([port, port])).rejects.toMatchObject({
      code: "PORT_TAKEN",
      message: expect.stringContaining(String(port)),
    });
    const [any] = await ask([0, 0]);
    expect(any?.host).toBeGreaterThan(0);
    await new Promise((done) => server.close(done));
  });

  it("one port is not given twice", async () => {
    const port = { ip: "127.0.0.1", host: [0, 0] as const, container: 80, protocol: "udp" as const };
    const found = await findFreePorts([port, port, port]);
    expect(new Set(found.map(({ host }) => host)).size).toBe(3);
  });
});

describe("the network of a container", () => {
  it("is the machine's, and private where something needs that", () => {
    expect(networkMode({})).toBe("host");
    expect(networkMode({ publish: ["80"] })).toBe("private");
    expect(networkMode({ publishAll: true })).toBe("private");
    expect(networkMode({ networkAliases: ["db"] })).toBe("private");
    expect(networkMode({ network: "none", publish: ["80"] })).toBe("none");
  });

  it("what would have no effect is told, and what cannot be is refused", () => {
    expect(checkNetwork({ network: "host", publish: ["80"] })).toHaveLength(1);
    for (const wrong of [{ hostname: "x" }, { publish: ["80"] }, { dns: ["1.1.1.1"] }])
      expect(() => checkNetwork({ network: "container:other", ...wrong })).toThrow("conflicting options");
    expect(() => checkNetwork({ network: "host", networkAliases: ["x"] })).toThrow("private network");
  });

  it("has addresses that the machine has not", () => {
    expect(freeSubnet({}).cidr).toBe("10.89.0.0/16");
    expect(freeSubnet({ eth0: [{ address: "10.89.3.4" }] }).cidr).toBe("10.90.0.0/16");
  });
});
