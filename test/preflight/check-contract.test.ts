import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkContract } from "../../src/preflight/check-contract.ts";
import { ContainerFiles, type ForeseenMount } from "../../src/preflight/container-files.ts";
import { contractAt, type Moment } from "../../src/preflight/contract-at.ts";
import { type NetworkView, networkView } from "../../src/preflight/network-view.ts";
import { parseContract } from "../../src/preflight/parse-contract.ts";
import type { Surroundings } from "../../src/preflight/surroundings.ts";
import { MemoryTree } from "../execute/memory-tree.ts";
import { temporaryFolder } from "../support/folders.ts";

type Files = ConstructorParameters<typeof MemoryTree>[0];

interface Case extends Partial<Omit<Surroundings, "files" | "variables">> {
  readonly image?: Files;
  readonly mounts?: readonly ForeseenMount[];
  readonly env?: Readonly<Record<string, string>>;
}

const NETWORK: NetworkView = {
  resolve: async (name) => (name === "db" ? ["10.0.0.1"] : name === "far" ? "unknown" : "no"),
  connect: async (host, port) => (host === "db" && port === 5432 ? "yes" : host === "far" ? "unknown" : "no"),
  portTaken: (port) => (port === 80 ? "yes" : port === 81 ? "unknown" : "no"),
};

async function findings(
  yaml: string,
  { image = {}, mounts = [], env = {}, ...rest }: Case = {},
  moment: Moment = "start",
): Promise<string[]> {
  const { contract } = parseContract(`version: 1\n${yaml}`, "preflight.yaml");
  const found = await checkContract(contractAt(contract, moment), {
    variables: new Map(Object.entries(env)),
    user: { uid: 7, gid: 8, additionalGids: [8, 9], home: "/" },
    passwd: "root:x:0:0::/:\npostman:x:7:8::/:\n",
    group: "postman:x:8:\n",
    files: new ContainerFiles(new MemoryTree(image), mounts),
    overridesModes: true,
    readOnlyRoot: false,
    network: NETWORK,
    memory: 64 * 1024 ** 2,
    cpus: 1000,
    ...rest,
  });
  return found.map(({ state, message }) => (state === "failed" ? message : `? ${message}`));
}

const bind = (path: string, target: string, readOnly = false): ForeseenMount => ({
  target,
  readOnly,
  from: { kind: "host", path },
});

describe("a contract, at other moments than a start", () => {
  const yaml = `env: {A: }
secrets: [key]
files: [/x]
volumes: [/v]
links: [nobody]
hosts: [nowhere]
tcp: ["db:1"]
ports: [80]
user: {is: "1"}
rootfs: read-only
resources: {memory: 1g, cpus: 8}
`;

  const about = (moment: Moment) => findings(yaml, {}, moment);

  it("leaves out what may still come until a container that is made is started", async () => {
    const all = await about("start");
    const now = await about("created");
    expect(all.length).toBe(12);
    expect(all.filter((message) => !now.includes(message)).join("\n")).toMatch(
      /key.*\n.*\/x.*\n.*80.*\n.*nobody.*\n.*nowhere.*\n.*db/,
    );
    expect(now.length).toBe(6);
  });

  it("leaves the ports of a container that is replaced to the time when it has been stopped", async () => {
    const after = await about("replaced");
    expect(after).toEqual([expect.stringContaining("80")]);
    expect([...(await about("replacing")), ...after].sort()).toEqual((await about("start")).sort());
  });
});

describe("a contract, checked from outside", () => {
  it("variables", async () => {
    const yaml =
      "env: {A: , B: {oneOf: [x, '']}, C: {pattern: 'a+'}, D: {required: false}, MY_SECRET: {oneOf: [x]}}";
    expect(await findings(yaml, { env: { A: "1", B: "", C: "aa", MY_SECRET: "x" } })).toEqual([]);
    expect(
      await findings(yaml, { env: { A: "", B: "y", C: "b\u001b", D: "", MY_SECRET: "topsecret" } }),
    ).toEqual([
      "A is empty",
      'B is "y", which is not possible',
      "C is (not printable), which does not match a+",
      "D is empty",
      "MY_SECRET has a value that is not possible",
    ]);
  });

  it("files of the image: types, modes, owners, what the user may do", async () => {
    const image: Files = {
      "app/run": { text: "x", mode: 0o750, uid: 7 },
      "app/data": { text: "", mode: 0o640, gid: 9 },
      // A layer may say so of the root; a container opens it all the same.
      "/": { dir: true, mode: 0o700 },
      "closed/": { dir: true, mode: 0o700 },
      "closed/in": "x",
      current: { link: "app/run" },
      broken: { link: "/nowhere" },
      loop: { link: "loop" },
    };
    const yaml = (file: string) => `files: [${file}]`;
    const ok = async (file: string) => expect(await findings(yaml(file), { image })).toEqual([]);
    await ok(
      "{path: /current, type: file, mode: '750', owner: postman, group: root, access: [read, write, execute]}",
    );
    await ok("{path: /current, type: link}");
    await ok("{path: /app/data, access: [read], maxMode: '0660', group: 9}");
    await ok("{path: /nowhere, required: false, type: file}");
    await ok("{path: '${WHERE:-/app}/run'}");
    const bad = async (file: string, message: string) =>
      expect((await findings(yaml(file), { image })).join("\n")).toContain(message);
    await bad("/nowhere", "is not there");
    await bad("/closed/in", "cannot be reached");
    await bad("/loop", "leads nowhere");
    await bad("{path: /broken, required: false}", "leads nowhere");
    await bad("{path: /broken, type: link}", "is not there");
    await bad("{path: /app/data, nonEmpty: true}", "is empty");
    await bad("{path: /app/data, access: [write]}", "cannot be written");
    await bad("{path: /app/data, owner: nobody}", "nobody is called so");
    await bad("{path: /app/run, type: dir}", "is no directory");
    await bad("{path: /app/run, maxMode: '0700'}", "has the mode 0750, and may have 0700 at most");
    expect(await findings(yaml("/proc/1"), { image })).toEqual(["? the file /proc/1"]);
  });

  it("files that are mounted, links from mount to mount included", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "a"));
    writeFileSync(join(folder, "a/key"), "x");
    chmodSync(join(folder, "a/key"), 0o444);
    symlinkSync("/b/key", join(folder, "a/leave"));
    symlinkSync("../../../../../etc/passwd", join(folder, "a/escape"));
    const mounts = [
      bind(join(folder, "a"), "/a"),
      bind(join(folder, "a"), "/b", true),
      bind(join(folder, "no"), "/new"),
    ];
    const image: Files = { "etc/passwd": { text: "", mode: 0o600, uid: 77 }, v: { link: "/a" } };
    const yaml = (file: string) => `files: [${file}]`;
    expect(await findings(yaml("{path: /a/leave, type: link, access: [read]}"), { image, mounts })).toEqual(
      [],
    );
    // Never the file of this machine.
    expect(await findings(yaml("{path: /a/escape, owner: 77, mode: '0600'}"), { image, mounts })).toEqual([]);
    expect(await findings(yaml("{path: /b/key, access: [write]}"), { image, mounts, ...ROOT })).toEqual([
      "the file /b/key cannot be written",
    ]);
    expect(await findings(yaml("{path: /a/key, access: [write]}"), { image, mounts, ...ROOT })).toEqual([]);
    expect(await findings(yaml("{path: /new, type: dir, owner: root}"), { image, mounts })).toEqual([]);
    expect(await findings("volumes: [/v, /v/below, {path: /b, access: ro}]", { image, mounts })).toEqual([]);
    expect(
      await findings("volumes: [/c, {path: /a, access: ro}, {path: /b, access: rw}]", {
        image,
        mounts,
        ...ROOT,
      }),
    ).toEqual([
      "nothing is mounted at /c",
      "the volume /a is writable, and must be read-only",
      "the volume /b cannot be written",
    ]);
  });

  it("volumes that are new have the owners of the image; a tmpfs is everybody's", async () => {
    const mounts: ForeseenMount[] = [
      { target: "/data", readOnly: false, from: { kind: "image" } },
      { target: "/tmp/x", readOnly: false, from: { kind: "empty", mode: 0o1777, uid: 0, gid: 0 } },
    ];
    const image: Files = { "data/": { dir: true, mode: 0o700, uid: 7 } };
    const yaml = "volumes: [{path: /data, access: rw}, {path: /tmp/x, access: rw}]";
    expect(await findings(yaml, { image, mounts })).toEqual([]);
    expect(await findings(yaml, { mounts })).toEqual(["the volume /data cannot be written"]);
  });

  it("user, root filesystem, memory and processors", async () => {
    const yaml = "user: {is: postman, not: [root, 0]}\nrootfs: writable\nresources: {memory: 64m, cpus: 1}";
    expect(await findings(yaml)).toEqual([]);
    const worse = { ...ROOT, readOnlyRoot: true, memory: 1024 ** 2, cpus: 500 };
    expect(await findings(yaml, worse)).toEqual([
      "it runs as the user 0, and must run as postman",
      "it runs as the user 0, and must not run as root",
      "it runs as the user 0, and must not run as 0",
      "the root filesystem is read-only, and must be writable",
      "there is less memory than 64m: 1 MiB",
      "there are fewer processors than 1: 0.5",
    ]);
  });

  it("hosts, endpoints and ports", async () => {
    const yaml =
      "links: [db, x]\nhosts: ['${FAR}', '${GONE}']\ntcp: ['db:5432', 'db:1', 'far:1', '${GONE}:1']\nports: [80, 81, 82, '${GONE}']";
    expect(await findings(yaml, { env: { FAR: "far" } })).toEqual([
      "the port 80 (tcp) is taken",
      "? the port 81 (tcp)",
      'the port "" is no number from 1 to 65535 (it is written ${GONE})',
      'the host name "x" does not resolve',
      '? the host name "far"',
      'the host name "" does not resolve (it is written ${GONE})',
      'nothing answers at "db:1"',
      '? the endpoint "far:1"',
      'the endpoint ":1" is not HOST:PORT (it is written ${GONE}:1)',
    ]);
  });
});

const ROOT = { user: { uid: 0, gid: 0, additionalGids: [0], home: "/" } };

describe("the network of a container, seen from outside", () => {
  it("the machine's own: names of /etc/hosts, endpoints, ports that are taken", async () => {
    const view = networkView({
      mode: "host",
      hosts: "127.0.0.1\tlocalhost here # x\n",
      resolvConf: "nameserver 127.0.0.1\n",
    });
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    expect(await view.resolve("HERE")).toEqual(["127.0.0.1"]);
    expect(await view.resolve("::1")).toEqual(["::1"]);
    expect(await view.connect("here", port, 0)).toBe("yes");
    expect(view.portTaken(port, "tcp")).toBe("yes");
    await new Promise((resolve) => server.close(resolve));
    expect(await view.connect("here", port, 0)).toBe("no");
    expect(view.portTaken(port, "tcp")).toBe("no");
  });

  it("an endpoint that answers later is waited for", async () => {
    const view = networkView({ mode: "host", hosts: "", resolvConf: "" });
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const answer = view.connect("127.0.0.1", port, 60);
    const later = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => later.listen(port, "127.0.0.1", resolve));
    expect(await answer).toBe("yes");
    later.close();
  });

  it("a private one: names of its containers resolve, and what they answer cannot be seen", async () => {
    const others = "10.89.0.2\tdb 0123456789ab\n";
    const view = networkView({
      mode: "own",
      hosts: "127.0.0.1 localhost\n",
      resolvConf: "nameserver 127.0.0.1\n",
      others,
    });
    expect(await view.resolve("db")).toEqual(["10.89.0.2"]);
    expect(await view.connect("db", 5432, 60)).toBe("unknown");
    expect(await view.connect("localhost", 1, 0)).toBe("no");
  });

  it("none and one of its own: nothing listens there, and the loopback addresses are its own", async () => {
    for (const mode of ["none", "own"] as const) {
      const view = networkView({ mode, hosts: "127.0.0.1 localhost\n", resolvConf: "" });
      expect(view.portTaken(22, "tcp")).toBe("no");
      expect(await view.connect("localhost", 1, 0)).toBe("no");
    }
    expect(await networkView({ mode: "none", hosts: "", resolvConf: "" }).resolve("db")).toBe("no");
    expect(networkView({ mode: "shared", hosts: "", resolvConf: "" }).portTaken(1, "tcp")).toBe("unknown");
  });
});
