import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { detached, untilContainer, waiting } from "./containers.ts";

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

/** Answers every connection with a line. */
const serves = (port: number, text: string) => [
  "busybox",
  "sh",
  "-c",
  `trap 'exit 0' TERM; while :; do echo ${text} | nc -l -p ${port}; done`,
];

/** Asks until somebody answers. */
const asks = (host: string, port: number) =>
  `until answer=$(nc -w 2 ${host} ${port} </dev/null 2>/dev/null) && [ -n "$answer" ]; do sleep 0.1; done; echo $answer`;

/** Processes of this machine that are in another network, or serve one, and belong to a store. */
function leftovers(home: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ");
        return words.includes(home) ? [`${pid} ${words}`] : [];
      } catch {
        return [];
      }
    });
}

async function untilNothingIsLeft(home: string): Promise<void> {
  while (leftovers(home).length > 0) await pause(50);
}

const networkOf = (pid: number | string): string => readlinkSync(`/proc/${pid}/ns/net`);

async function untilNobodyIsIn(network: string): Promise<void> {
  const isIn = (pid: string): boolean => {
    try {
      return networkOf(pid) === network;
    } catch {
      return false;
    }
  };
  while (readdirSync("/proc").some((name) => /^\d+$/.test(name) && isIn(name))) await pause(50);
}

/** Rejects where somebody listens there. */
async function listenAt(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  await new Promise((done) => server.close(done));
}

describe.each(Object.entries(shops))("private networks for %s", (_, shop) => {
  const out = async (...args: string[]) => (await shop.it.succeed(args)).stdout.trim();

  it("DR-09: published ports are reached from this machine, and shown", async () => {
    await detached(shop.it, "--name", "web", "-p", "127.0.0.1::8000", ...serves(8000, "hello"));
    const { NetworkSettings } = (await untilContainer(
      shop.it,
      "web",
      ({ State }) => State.Running,
    )) as unknown as {
      NetworkSettings: { Ports: Record<string, { HostIp: string; HostPort: string }[]>; IPAddress: string };
    };
    const [binding] = NetworkSettings.Ports["8000/tcp"]!;
    expect(binding?.HostIp).toBe("127.0.0.1");
    expect(
      await out(
        "run",
        "--rm",
        "--network",
        "host",
        "busybox",
        "sh",
        "-c",
        asks("127.0.0.1", Number(binding!.HostPort)),
      ),
    ).toBe("hello");
    const place = `127.0.0.1:${binding!.HostPort}`;
    expect(await out("ps")).toContain(`${place}->8000/tcp`);
    expect(await out("port", "web")).toBe(`8000/tcp -> ${place}`);
    expect(await out("port", "web", "8000")).toBe(place);
    expect(await shop.it.run(["port", "web", "8000/udp"])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("the port 8000/udp of web is not published"),
    });
    await out("rm", "-f", "web");
    await untilNothingIsLeft(shop.it.home);
  });

  it("containers find each other by name, alias and id, also those that come later, and not those that are gone", async () => {
    const id = await detached(shop.it, "--name", "db", "--network-alias", "store", ...serves(5000, "rows"));
    await waiting(shop.it, "--name", "app", "--network", "private", "busybox");
    const ask = (host: string) => out("exec", "app", "sh", "-c", asks(host, 5000));
    for (const name of ["db", "store", id.slice(0, 12)]) expect(await ask(name)).toBe("rows");
    await detached(shop.it, "--name", "late", "--network", "private", ...serves(5000, "later"));
    expect(await ask("late")).toBe("later");
    await out("rm", "-f", "late");
    expect(await out("exec", "app", "cat", "/etc/hosts")).not.toContain("late");
    await out("rm", "-f", "db", "app");
    await untilNothingIsLeft(shop.it.home);
  });

  it("container:NAME shares interfaces, names and ports", async () => {
    await waiting(shop.it, "--name", "owner", "--network", "private", "busybox");
    const own = await out(
      "exec",
      "owner",
      "sh",
      "-c",
      "ip -4 -o addr show eth0 | awk '{print $4}'; hostname; cat /etc/hosts",
    );
    const shared = await out(
      "run",
      "--rm",
      "--network",
      "container:owner",
      "busybox",
      "sh",
      "-c",
      "ip -4 -o addr show eth0 | awk '{print $4}'; hostname; cat /etc/hosts",
    );
    expect(shared).toBe(own);
    const wrong = await shop.it.run(["run", "--rm", "--network", "container:owner", "-p", "80", "busybox"]);
    expect(wrong.stderr).toContain("conflicting options");
    await out("stop", "owner");
    const ended = await shop.it.run(["run", "--rm", "--network", "container:owner", "busybox", "true"]);
    expect(ended.stderr).toContain("has no network to share");
    await out("rm", "owner");
    expect((await shop.it.run(["run", "--rm", "--network", "container:owner", "busybox"])).stderr).toContain(
      "no such container",
    );
  });

  it("names and servers: --hostname, --add-host, --dns and its kin", async () => {
    const flags = ["--network", "private", "--hostname", "me", "--add-host", "other:1.2.3.4"];
    const dns = ["--dns", "9.9.9.9", "--dns-search", "here.test", "--dns-option", "ndots:2"];
    const text = await out(
      "run",
      "--rm",
      ...flags,
      ...dns,
      "busybox",
      "sh",
      "-c",
      "hostname; cat /etc/hosts /etc/resolv.conf",
    );
    expect(text).toMatch(/^me\n/);
    expect(text).toMatch(/^10\.\d+\.\d+\.\d+\tme$/m);
    for (const line of ["1.2.3.4\tother", "nameserver 9.9.9.9", "search here.test", "options ndots:2"])
      expect(text).toContain(line);
  });

  it("many at once have addresses of their own, and find each other", async () => {
    const names = Array.from({ length: 6 }, (_, i) => `many${i}`);
    await Promise.all(
      names.map((name) => waiting(shop.it, "--name", name, "--network", "private", "busybox")),
    );
    const addresses = (await out("inspect", "-f", "{{.NetworkSettings.IPAddress}}", ...names)).split("\n");
    expect(new Set(addresses).size).toBe(names.length);
    for (const name of [names[0]!, names[5]!]) {
      const hosts = await out("exec", name, "cat", "/etc/hosts");
      for (const [i, other] of names.entries()) expect(hosts).toContain(`${addresses[i]}\t${other} `);
    }
    await out("rm", "-f", ...names);
    await untilNothingIsLeft(shop.it.home);
  });

  it("kill -9 of what holds the bridge: containers go on, and later ones have a bridge again", async () => {
    await waiting(shop.it, "--name", "before", "--network", "private", "busybox");
    const { owner } = JSON.parse(readFileSync(join(shop.it.home, "networks/private/holder.json"), "utf8"));
    process.kill(Number(owner.split("-")[0]), "SIGKILL");
    while (existsSync(`/proc/${owner.split("-")[0]}`)) await pause(20);
    await detached(shop.it, "--name", "server", "--network", "private", ...serves(5000, "again"));
    await waiting(shop.it, "--name", "after", "--network", "private", "busybox");
    expect(await out("exec", "after", "sh", "-c", asks("server", 5000))).toBe("again");
    expect(await out("exec", "before", "echo", "alive")).toBe("alive");
    await out("rm", "-f", "before", "server", "after");
    await untilNothingIsLeft(shop.it.home);
  });

  it("kill -9 of a monitor leaves no process, namespace or name; the next start is whole", async () => {
    const id = await detached(shop.it, "--name", "gone", "-p", "127.0.0.1::8000", ...serves(8000, "x"));
    await waiting(shop.it, "--name", "stays", "--network", "private", "busybox");
    const { State } = await untilContainer(shop.it, "gone", (container) => container.State.Running);
    const network = networkOf(State.Pid);
    const state = JSON.parse(readFileSync(join(shop.it.home, "containers", id, "state.json"), "utf8"));
    process.kill(Number(state.monitor.split("-")[0]), "SIGKILL");
    await untilContainer(shop.it, "gone", (container) => !container.State.Running);
    await untilNobodyIsIn(network);
    await listenAt(state.network.ports[0].host);
    await out("start", "gone");
    expect(await out("exec", "stays", "sh", "-c", asks("gone", 8000))).toBe("x");
    await out("rm", "-f", "gone", "stays");
    await untilNothingIsLeft(shop.it.home);
  });
});

// What does not depend on who runs it is shown once.
describe("private networks, whoever has them", () => {
  const shop = shops.root;
  const out = async (...args: string[]) => (await shop.it.succeed(args)).stdout.trim();

  it("a port that is taken is named, and nothing is left behind", async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const { port } = server.address() as { port: number };
    const taken = await shop.it.run(["run", "--rm", "-p", `127.0.0.1:${port}:80`, "busybox", "true"]);
    await new Promise((done) => server.close(done));
    expect(taken).toMatchObject({ exitCode: 125 });
    expect(taken.stderr).toContain(`port 127.0.0.1:${port}/tcp is already in use`);
    await untilNothingIsLeft(shop.it.home);
    expect(await out("ps", "-aq")).toBe("");
  });

  it("what is published without effect is told", async () => {
    const end = await shop.it.run(["run", "--rm", "--network", "none", "-p", "80", "busybox", "true"]);
    expect(end).toMatchObject({ exitCode: 0 });
    expect(end.stderr).toContain("have no effect");
  });
});
