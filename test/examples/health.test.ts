import { expect, it } from "vitest";
import { freePort, waitForPort } from "../../scripts/loopback.mjs";
import { SLOW, useExampleStore } from "../support/examples.ts";

const slipway = useExampleStore();

it("example health: the check is in the config and tells a living server from a dead one", {
  timeout: SLOW,
}, async () => {
  await slipway.succeed(["build", "-t", "example/health", "examples/health"]);
  const { Config } = await slipway.inspect("example/health");
  expect(Config).toMatchObject({
    Healthcheck: {
      Test: ["CMD-SHELL", 'nc -z -w 1 127.0.0.1 "$PORT"'],
      Interval: 5_000_000_000,
      Timeout: 2_000_000_000,
      StartPeriod: 1_000_000_000,
      Retries: 3,
    },
    StopSignal: "SIGINT",
    ExposedPorts: { "8080/tcp": {} },
  });

  const port = await freePort();
  const place = ["--network", "host", "-e", `PORT=${port}`, "example/health"];
  const check = ["run", "--rm", ...place, "sh", "-c", (Config.Healthcheck as { Test: string[] }).Test[1]!];
  const stop = new AbortController();
  const server = slipway.run(["run", "--rm", ...place], { signal: stop.signal });
  expect(await waitForPort(port, 30_000)).toBe(true);
  expect((await slipway.run(check)).exitCode).toBe(0);
  stop.abort();
  expect(await server).toMatchObject({ exitCode: 0, stdout: `lighthouse on port ${port}\n` });
  expect((await slipway.run(check)).exitCode).toBe(1);
});
