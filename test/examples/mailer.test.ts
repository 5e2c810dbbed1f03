import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startMailServer } from "../../scripts/loopback.mjs";
import { SLOW, useExampleStore } from "../support/examples.ts";

const MESSAGES = "ann@example.test Ship ahoy\nbob@example.test .a line that begins with a dot\n";

describe("example mailer", () => {
  const slipway = useExampleStore();
  const build = (name: string, ...more: string[]) =>
    slipway.succeed([
      "build",
      "-t",
      `example/mailer-${name}`,
      "-f",
      `examples/mailer/mailer-${name}.df`,
      ...more,
      "examples/mailer",
    ]);

  beforeAll(async () => {
    await build("base");
    await build("logging");
  }, SLOW);

  afterAll(async () => {
    await slipway.run(["rm", "-f", "-v", "mailer"]);
  });

  it("the base has version, folder, port and label, and no program", async () => {
    const { Config } = await slipway.inspect("example/mailer-base");
    expect(Config).toMatchObject({
      Entrypoint: ["/app/mailer.sh"],
      ExposedPorts: { "33333/tcp": {} },
      WorkingDir: "/app",
      Labels: { "org.opencontainers.image.version": "0.6" },
    });
    expect(Config.Env).toEqual(expect.arrayContaining(["APPROOT=/app", "APP=mailer.sh", "VERSION=0.6"]));
    expect((await slipway.run(["run", "--rm", "example/mailer-base"])).exitCode).toBe(127);
  });

  it("the ignore files keep Dockerfiles, pages and implementations out of the base", async () => {
    const listed = await slipway.succeed([
      "run",
      "--rm",
      "--entrypoint",
      "ls",
      "example/mailer-base",
      "-A",
      "/app",
    ]);
    expect(listed.stdout).toBe("CONTRACT.txt\n");
  });

  it("a build argument changes the version", async () => {
    await build("base", "--build-arg", "VERSION=0.7", "-t", "example/mailer-base:next");
    const { Config } = await slipway.inspect("example/mailer-base:next");
    expect(Config.Labels).toMatchObject({ "org.opencontainers.image.version": "0.7" });
    await build("base");
  });

  it("the logging implementation writes to the volume as an ordinary user", async () => {
    expect((await slipway.inspect("example/mailer-logging")).Config).toMatchObject({
      User: "postman:postman",
      Volumes: { "/var/log": {} },
      Cmd: ["/var/log/mailer.log"],
      Entrypoint: ["/app/mailer.sh"],
    });
    const args = ["run", "--rm", "-i", "example/mailer-logging", "/var/log/mailer.log", "-"];
    const run = await slipway.succeed(args, { input: MESSAGES });
    expect(run.stdout).toBe(
      ["ann", "bob"]
        .map(
          (name) => `mailer 0.6 (postman): message for ${name}@example.test written to /var/log/mailer.log\n`,
        )
        .join(""),
    );
  });

  it("the logging implementation serves in the background, and takes messages of another container", async () => {
    await slipway.succeed([
      "run",
      "-d",
      "--name",
      "mailer",
      "--network",
      "private",
      "example/mailer-logging",
    ]);
    const send = "until echo 'ann@example.test Ship ahoy' >/dev/tcp/mailer/33333; do sleep 0.1; done";
    await slipway.succeed(["run", "--rm", "--network", "private", "debian:bookworm", "bash", "-c", send]);
    const log = ["exec", "mailer", "cat", "/var/log/mailer.log"];
    let written = "";
    while (!written.includes("\n")) written = (await slipway.run(log)).stdout;
    expect(written).toBe("ann@example.test -> Ship ahoy\n");
    await slipway.succeed(["stop", "mailer"]);
    const logs = await slipway.succeed(["logs", "mailer"]);
    expect(logs.stdout).toContain("mailer 0.6 (postman) takes messages at port 33333\n");
    await slipway.succeed(["rm", "-v", "mailer"]);
  });

  it("the live implementation delivers to a mail server", async () => {
    await build("live");
    const server = await startMailServer();
    const port = ["-e", `MAIL_PORT=${server.port}`];
    const args = ["run", "--rm", "-i", "--network", "host", ...port, "example/mailer-live"];
    const run = await slipway.succeed(args, { input: MESSAGES });
    server.close();
    expect(run.stdout).toBe(`mailer 0.6 (postman): 2 messages delivered to 127.0.0.1:${server.port}\n`);
    expect(server.messages.map((message) => message.split("\n").at(-1))).toEqual([
      "Ship ahoy",
      "..a line that begins with a dot",
    ]);
  });

  it("the live implementation is not started where what it presumes does not hold, and all of that is told", async () => {
    await build("live");
    const gone = await startMailServer();
    gone.close();
    const args = ["--network", "host", "--user", "root", "-e", `MAIL_PORT=${gone.port}`];
    const run = await slipway.run(["run", "--rm", ...args, "example/mailer-live"]);
    expect([run.exitCode, run.stdout]).toEqual([125, ""]);
    expect(run.stderr).toContain("it runs as the user 0, and must not run as root");
    expect(run.stderr).toContain(`nothing answers at "127.0.0.1:${gone.port}"`);
  });
});
