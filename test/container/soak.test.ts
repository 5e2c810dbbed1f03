import { describe, expect, it } from "vitest";
import { useWorkshop } from "../api/workshop.ts";
import { detached, IDLES, type Inspected, untilContainer } from "./containers.ts";
import { type Held, heldBy, leftBehind, networkOf, pathsOf } from "./left-behind.ts";

/** How many containers live at once; SLIPWAY_SOAK=50 is the long run. */
const COUNT = Number(process.env.SLIPWAY_SOAK || 4);
const TIME_LIMIT_MS = 60_000 + COUNT * 15_000;

const shops = { root: useWorkshop(), "an ordinary user": useWorkshop({ rootless: true }) };

/** Counts its starts in its volume, and is healthy when that is done. */
const LIVES = `echo x >>/data/starts; trap 'exit 0' TERM; touch /tmp/up; ${IDLES}`;
const HEALTH = ["--health-cmd", "test -e /tmp/up", "--health-interval", "1s", "--health-start-period", "60s"];
const FLAGS = ["--network", "private", "--pids-limit", "64", "--restart", "on-failure", "--tmpfs", "/tmp"];

describe.each(Object.entries(shops))("a soak of containers of %s", (_, shop) => {
  const out = async (...args: string[]) => (await shop.it.succeed(args)).stdout;

  async function healthy(name: string): Promise<Held> {
    await shop.it.succeed(["wait", "--condition", "healthy", name]);
    const { State } = (await shop.it.inspect(name)) as Inspected;
    return heldBy(State.Pid);
  }

  /** One life: started, checked, killed, started again, restarted, killed by itself, stopped, removed. */
  async function live(name: string): Promise<Held[]> {
    const place = [
      "-e",
      `STORE=${shop.it.home}`,
      "--health-start-interval",
      "200ms",
      "-v",
      `${name}:/data`,
      "-p",
      "127.0.0.1::80",
    ];
    await detached(shop.it, "--name", name, ...FLAGS, ...HEALTH, ...place, "busybox", "sh", "-c", LIVES);
    const held = [await healthy(name)];
    expect(leftBehind(shop.it.home, held)).toContainEqual(
      expect.stringMatching(/^process .*touch \/tmp\/up/),
    );
    await shop.it.succeed(["kill", name]);
    expect(await out("wait", name)).toBe("137\n");
    await shop.it.succeed(["start", name]);
    held.push(await healthy(name));
    await shop.it.succeed(["restart", name]);
    held.push(await healthy(name));
    process.kill(held.at(-1)!.pid, "SIGKILL");
    await untilContainer(shop.it, name, ({ RestartCount, State }) => RestartCount === 1 && State.Running);
    held.push(await healthy(name));
    expect(await out("exec", name, "cat", "/data/starts")).toBe("x\n".repeat(4));
    await shop.it.succeed(["stop", name]);
    await shop.it.succeed(["rm", name]);
    await shop.it.succeed(["volume", "rm", name]);
    return held;
  }

  it(`${COUNT} containers started, checked, killed and restarted in parallel leave nothing`, {
    timeout: TIME_LIMIT_MS,
  }, async () => {
    // What the first container of a store makes for all that follow is no leak.
    await live("first");
    const before = pathsOf(shop.it.home);
    const names = Array.from({ length: COUNT }, (_, i) => `soak-${i}`);
    const held = (await Promise.all(names.map(live))).flat();
    expect(held.filter(({ network }) => network !== networkOf("self"))).toHaveLength(4 * COUNT);
    await expect.poll(() => leftBehind(shop.it.home, held), { timeout: 30_000 }).toEqual([]);
    expect(pathsOf(shop.it.home)).toEqual(before);
    expect(await out("ps", "-aq")).toBe("");
    expect(await out("volume", "ls", "-q")).toBe("");
  });
});
