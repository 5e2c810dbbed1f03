import { describe, expect, it } from "vitest";
import { missOf, stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** Builds one context, which is made once, with different flags. */
function builder(line: string) {
  const context = shop.it.context({ Dockerfile: `FROM busybox\n${line}\n` });
  return (...flags: string[]) => shop.it.run(["build", "--progress=plain", ...flags, context]);
}

const outputOf = ({ stderr }: { readonly stderr: string }) =>
  [...stderr.matchAll(/^#\d+ [0-9.]+ (.*)$/gm)].map(([, line]) => line);

describe("options of the request that every RUN gets", () => {
  it("RN-11: extra hosts, in order; host-gateway is this machine", async () => {
    const build = builder("RUN tail -n +3 /etc/hosts");
    const hosts = ["--add-host=A=1.2.3.4", "--add-host", '"b=::1,5.6.7.8"', "--add-host=gw:host-gateway"];
    const built = await build(...hosts, "--add-host=a=9.9.9.9");
    expect(outputOf(built)).toEqual(["1.2.3.4\ta", "::1\tb", "5.6.7.8\tb", "127.0.0.1\tgw", "9.9.9.9\ta"]);
  });

  it("RN-12: of extra hosts the names count, not the addresses", async () => {
    const build = builder("RUN echo hosts");
    await build("--add-host=a=1.2.3.4");
    expect(stateOf((await build("--add-host=a=4.3.2.1")).stderr, "RUN")).toBe("CACHED");
    const other = await build("--add-host=b=1.2.3.4");
    expect(missOf(other.stderr, "RUN")).toContain("extra hosts");
  });

  it.each(["crun", "runc", "unshare"])("RN-11: ulimits with %s, unlimited ones too", async (runtime) => {
    const build = builder("RUN ulimit -Sn; ulimit -Hn; ulimit -c");
    const flags = ["--ulimit=nofile=100:200", "--ulimit=core=-1", "--no-cache", `--runtime=${runtime}`];
    const built = await build(...flags);
    // Who may not raise a limit keeps what it has.
    expect([built.exitCode, outputOf(built).slice(0, 2)]).toEqual([0, ["100", "200"]]);
  });

  it("RN-11, RN-12: ulimits, shm size and hostname are there and count", async () => {
    const build = builder(
      "RUN ulimit -n; df -k /dev/shm | tail -1 | awk '{print $2}'; hostname; cat /etc/hosts | head -1",
    );
    const plain = await build();
    expect(outputOf(plain).slice(1)).toEqual([
      "65536",
      "buildkitsandbox",
      "127.0.0.1\tlocalhost buildkitsandbox",
    ]);
    for (const [flags, index, value, reason] of [
      [["--ulimit=nofile=123"], 0, "123", "ulimits"],
      [["--shm-size=1mib"], 1, "1024", "shm size"],
      [["--build-arg=BUILDKIT_SANDBOX_HOSTNAME=mine"], 2, "mine", "hostname"],
    ] as const) {
      const built = await build(...flags);
      expect(missOf(built.stderr, "RUN")).toContain(reason);
      expect(outputOf(built)[index]).toBe(value);
      expect(stateOf((await build(...flags)).stderr, "RUN")).toBe("CACHED");
    }
    expect(stateOf((await build("--shm-size=0")).stderr, "RUN")).toBe("CACHED");
  });

  it("RX-01: the request's network is that of every RUN that does not choose", async () => {
    const build = builder("RUN ls /sys/class/net | wc -l\nRUN --network=none ls /sys/class/net");
    const none = await build("--network=none");
    expect(outputOf(none)).toEqual(["1", "lo"]);
    const host = await build("--network=host");
    expect(missOf(host.stderr, "RUN ls")).toContain("network");
    // It stays without a network, on the same files.
    expect(stateOf(host.stderr, "RUN --network=none")).toBe("CACHED");
    expect(host.exitCode).toBe(0);
    const denied = await builder("RUN --network=host true")();
    expect(denied.stderr).toContain("entitlement network.host is not allowed (ENTITLEMENT_DENIED)");
    const unknown = await build("--network=bridge");
    expect(unknown).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('network mode "bridge"') });
  });
});
