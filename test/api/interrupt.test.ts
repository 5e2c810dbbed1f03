import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { CLI } from "../support/cli.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

/** Starts a build whose last step says so and sleeps; resolves when it does. */
async function startSleeping(
  marker: string,
): Promise<{ child: ReturnType<typeof spawn>; context: string; ended: Promise<number | string> }> {
  const context = shop.it.context({
    Dockerfile: `FROM busybox\nRUN echo first-${marker} > /first\nRUN echo ${marker}-runs && sleep 987 && true\n`,
  });
  const env = { PATH: process.env.PATH!, HOME: shop.it.home, SLIPWAY_HOME: shop.it.home };
  const child = spawn(process.execPath, [CLI, "build", "--progress=plain", context], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | string>((done) =>
    child.once("exit", (code, signal) => done(code ?? signal ?? "")),
  );
  let text = "";
  for await (const chunk of child.stderr!) {
    text += chunk;
    if (new RegExp(`^#\\d+ [\\d.]+ ${marker}-runs`, "m").test(text)) break;
  }
  return { child, context, ended };
}

/** Processes on this machine, where other suites may run, too, whose command line holds the text. */
function processesWith(text: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
      } catch {
        return "";
      }
    })
    .filter((line) => line.includes(text));
}

async function nothingLeft(marker: string): Promise<void> {
  while (processesWith(`${marker}-runs`).length > 0) await sleep(20);
  expect(readFileSync("/proc/self/mountinfo", "utf8")).not.toContain(shop.it.home);
}

describe("a build that is cut off", () => {
  it("ends with 130 at Ctrl-C, leaves no process and no mount, and the next build goes on where it was", async () => {
    const marker = `interrupted-${process.pid}`;
    const { child, context, ended } = await startSleeping(marker);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    await nothingLeft(marker);
    writeFileSync(
      join(context, "Dockerfile"),
      readFileSync(join(context, "Dockerfile"), "utf8").replace("sleep 987", "true"),
    );
    const again = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(again.stderr, "RUN echo first-")).toBe("CACHED");
    expect(readdirSync(join(shop.it.home, "tmp"))).toEqual([]);
  });

  it("DESIGN 5, 9: loses at most the step in flight when it is killed, and nothing of it survives", async () => {
    const marker = `murdered-${process.pid}`;
    const { child, context, ended } = await startSleeping(marker);
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    await nothingLeft(marker);
    writeFileSync(
      join(context, "Dockerfile"),
      readFileSync(join(context, "Dockerfile"), "utf8").replace("sleep 987", "true"),
    );
    const again = await shop.it.succeed(["build", "--progress=plain", context]);
    expect(stateOf(again.stderr, "RUN echo first-")).toBe("CACHED");
    expect(existsSync(join(shop.it.home, "tmp")) ? readdirSync(join(shop.it.home, "tmp")) : []).toEqual([]);
  });
});
