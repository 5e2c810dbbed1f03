#!/usr/bin/env node
// `npm run demo`: sets everything up, then builds and launches the images in examples/ and says what it sees. The store is
// $SLIPWAY_HOME, else a new folder that is removed at the end.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trust } from "./demo-trust.mjs";
import { freePort, say, startMailServer, startWebServer, waitForPort } from "./loopback.mjs";
import { runMain, setUp } from "./setup.mjs";
import { ended, Transcript } from "./transcript.mjs";

const SERVER_START_MS = 15_000;
const CONTAINERS = ["mailer", "harbour"];
const MAIL = "ann@example.test Ship ahoy";

async function machine(demo) {
  demo.chapter("This machine, and a base image without a registry");
  await demo.succeed(["doctor"]);
  await demo.succeed(["bootstrap", "debian:bookworm"]);
  await demo.succeed(["images"]);
}

async function git(demo) {
  demo.chapter("git: one program as an image");
  await demo.succeed(["build", "-t", "example/git", "examples/git"]);
  const version = await demo.succeed(["run", "--rm", "example/git", "version"]);
  demo.check("the container runs git", /^git version 2\./m.test(version.stdout));

  demo.say("A mistake in a later step:");
  const mistake = ["build", "-t", "example/git", "-f", "examples/git/mistake.df", "examples/git"];
  const failed = await demo.slipway(mistake);
  demo.check("the build with the mistake ends with 1", failed.code === 1, `it is ${failed.code}`);
  demo.check("the error shows the line", />>> RUN git config --sistem/.test(failed.stderr));

  demo.say("Put right, the build goes on where it stopped:");
  const resumed = await demo.succeed(mistake.map((argument) => argument.replace("mistake", "fixed")));
  const steps = stepLines(resumed.stderr);
  demo.check(
    "git was not installed again",
    steps.some((lines) => /apt-get install/.test(lines) && /CACHED/.test(lines)),
  );
  demo.check(
    "the corrected step ran",
    steps.some((lines) => /git config --system/.test(lines) && /DONE/.test(lines)),
  );
  const branch = await demo.succeed([
    "run",
    "--rm",
    "example/git",
    "config",
    "--system",
    "init.defaultBranch",
  ]);
  demo.check("the corrected step is in the image", branch.stdout.trim() === "harbour");
}

/** The logging mailer in the background; another container sends it a message. */
async function mailerAtWork(demo) {
  await demo.succeed(["run", "-d", "--name", "mailer", "--network", "private", "example/mailer-logging"]);
  // Its first lines may come before the mailer listens.
  const send = `until echo '${MAIL}' >/dev/tcp/mailer/33333; do sleep 0.1; done`;
  const sender = ["run", "--rm", "--network", "private", "debian:bookworm", "bash", "-c", send];
  await demo.succeed(sender, { show: false });
  const log = ["exec", "mailer", "cat", "/var/log/mailer.log"];
  const written = await demo.until(log, ({ stdout }) => stdout.includes("Ship ahoy"));
  demo.check("the message is in the log", written.stdout === "ann@example.test -> Ship ahoy\n");
  const said = await demo.succeed(["logs", "mailer"]);
  demo.check(
    "it runs as postman, with the version of the build argument",
    said.stdout.includes("mailer 0.7 (postman)"),
  );
  await demo.succeed(["rm", "-f", "-v", "mailer"]);
}

async function mailer(demo) {
  demo.chapter("mailer: an image as an interface");
  const build = (name, ...more) =>
    demo.succeed([
      "build",
      "-t",
      `example/mailer-${name}`,
      "-f",
      `examples/mailer/mailer-${name}.df`,
      ...more,
      "examples/mailer",
    ]);
  await build("base", "--build-arg", "VERSION=0.7");
  const missing = await demo.slipway(["run", "--rm", "example/mailer-base"]);
  demo.check("the base has no program yet: exit code 127", missing.code === 127, `it is ${missing.code}`);

  await build("logging");
  await mailerAtWork(demo);

  await build("live");
  demo.say("What it presumes is checked before it starts, and told all at once:");
  const nobody = ["-e", `MAIL_PORT=${await freePort()}`, "--user", "root"];
  const refused = await demo.slipway(["run", "--rm", ...nobody, "example/mailer-live"]);
  demo.check(
    "without a mail server, and as root, it is not started",
    refused.code === 125,
    `it is ${refused.code}`,
  );
  demo.check(
    "both are told",
    /must not run as root/.test(refused.stderr) && /nothing answers at/.test(refused.stderr),
  );
  const server = await startMailServer();
  const port = ["-e", `MAIL_PORT=${server.port}`];
  await demo.succeed(["run", "--rm", "-i", "--network", "host", ...port, "example/mailer-live"], {
    input: `${MAIL}\n`,
  });
  server.close();
  demo.check(
    "the mail server on this machine has the message",
    server.messages[0]?.endsWith("Ship ahoy") === true,
  );
}

async function onbuild(demo) {
  demo.chapter("onbuild: instructions for those who build upon an image");
  await demo.succeed(["build", "-t", "example/onbuild-upstream", "examples/onbuild/upstream"]);
  await demo.succeed(["build", "-t", "example/onbuild-complete", "examples/onbuild/complete"]);
  const cargo = await demo.succeed(["run", "--rm", "example/onbuild-complete"]);
  demo.check("the trigger copied the manifest", cargo.stdout.startsWith("12 barrels of tar"));
  const failed = await demo.slipway([
    "build",
    "-t",
    "example/onbuild-incomplete",
    "examples/onbuild/incomplete",
  ]);
  demo.check("without the file the build fails", failed.code === 1, `exit code ${failed.code}`);
  demo.check("and names it", /cargo\.manifest/.test(failed.stderr));
}

async function httpClient(demo, folder) {
  demo.chapter("http-client: a compiler in one stage, a single program in the next");
  const built = await demo.succeed(["build", "-t", "example/http-client", "examples/http-client"]);
  demo.check(
    "the stages are compared",
    /^builder +debian:bookworm .*\n^runtime +scratch .*<- target/m.test(built.stderr),
  );
  const unpacked = join(folder, "http-client");
  await demo.succeed(["build", "-q", "-o", unpacked, "examples/http-client"]);
  const names = fileNames(unpacked);
  const expected = "ca-certificates.crt,fetch";
  demo.check("it holds exactly the program and the certificates", names.join() === expected, names.join());
  const trusted = await demo.succeed(["run", "--rm", "example/http-client", "--authorities"]);
  demo.check("it trusts the authorities of the builder stage", /^\d{2,} certificate/.test(trusted.stdout));
  const server = await startWebServer("land in sight\n");
  const url = `http://127.0.0.1:${server.port}/`;
  const page = await demo.succeed(["run", "--rm", "--network", "host", "example/http-client", url]);
  server.close();
  demo.check("it fetches a page", page.stdout === "land in sight\n");
}

async function health(demo) {
  demo.chapter("health: a server that says whether it is well");
  await demo.succeed(["build", "-t", "example/health", "examples/health"]);
  const inspected = await demo.succeed(["inspect", "example/health"], { show: false });
  const { Healthcheck } = JSON.parse(inspected.stdout)[0].Config;
  demo.check(
    "the check is in the config",
    Healthcheck?.Interval === 5_000_000_000 && Healthcheck.Retries === 3,
  );
  const port = await freePort();
  const place = ["--network", "host", "-e", `PORT=${port}`, "example/health"];
  const probe = [
    "run",
    "--rm",
    ...place,
    ...Healthcheck.Test.slice(1).flatMap((command) => ["sh", "-c", command]),
  ];
  const server = demo.start(["run", "--rm", ...place]);
  demo.check("the server starts", await waitForPort(port, SERVER_START_MS));
  demo.check("healthy while it runs", (await demo.slipway(probe)).code === 0);
  server.kill("SIGTERM");
  await ended(server);
  demo.check("unhealthy when it is gone", (await demo.slipway(probe)).code === 1);
}

async function multiprocess(demo) {
  demo.chapter("multiprocess: two services, an init, and data that stays");
  await demo.succeed(["build", "-t", "example/multiprocess", "examples/multiprocess"]);
  const refused = await demo.slipway(["run", "--rm", "example/multiprocess"]);
  demo.check("without a name and a volume it is not started", refused.code === 125, `it is ${refused.code}`);
  const settings = ["-e", "HARBOUR=Lisbon", "-v", "harbour:/var/lib/harbour", "--read-only"];
  const place = ["--network", "private", "-p", "127.0.0.1::7000", "-p", "127.0.0.1::8080"];
  await demo.succeed(["run", "-d", "--name", "harbour", ...place, ...settings, "example/multiprocess"]);
  await demo.succeed(["wait", "--condition", "healthy", "harbour"]);
  const noted = await say(await harbourPort(demo, 7000), "two ships at noon\n");
  demo.check("a message is noted", noted === "noted: two ships at noon\n", noted);
  await demo.succeed(["kill", "harbour"]);
  await demo.slipway(["wait", "harbour"]);
  await demo.succeed(["start", "harbour"]);
  await demo.succeed(["wait", "--condition", "healthy", "harbour"]);
  const journal = await say(await harbourPort(demo, 8080), "GET / HTTP/1.0\r\n\r\n");
  demo.check(
    "killed and started again, it has the journal",
    journal.endsWith("\r\n\r\nLisbon: two ships at noon\n"),
  );
  await demo.succeed(["ps"]);
  await demo.succeed(["stop", "harbour"]);
  const ended = await demo.succeed(["inspect", "-f", "{{.State.ExitCode}}", "harbour"]);
  demo.check("asked to stop, it ends with 0", ended.stdout.trim() === "0");
  await demo.succeed(["rm", "harbour"]);
  await demo.succeed(["volume", "rm", "harbour"]);
}

/** Where a port of the harbour is on this machine; another one after each start. */
async function harbourPort(demo, port) {
  const { stdout } = await demo.succeed(["inspect", "harbour"], { show: false });
  return Number(JSON.parse(stdout)[0].NetworkSettings.Ports[`${port}/tcp`][0].HostPort);
}

async function hardened(demo) {
  demo.chapter("hardened: a pinned base, an ordinary user, no SUID");
  const base = await demo.succeed(["inspect", "debian:bookworm"], { show: false });
  const { digest } = JSON.parse(base.stdout)[0].Descriptor;
  const build = (pinned) => [
    "build",
    "-t",
    "example/hardened",
    "--build-arg",
    `BASE_DIGEST=${pinned}`,
    "examples/hardened",
  ];
  await demo.succeed(build(digest));
  const run = await demo.succeed(["run", "--rm", "example/hardened"]);
  demo.check("it runs as deckhand", run.stdout.startsWith("uid=2000(deckhand) gid=2000(deckhand)"));
  demo.check("no file lends the rights of its owner", run.stdout.trimEnd().endsWith("\n0"));
  const other = await demo.slipway(build(`sha256:${"0".repeat(64)}`));
  demo.check("another base is refused", other.code === 1, `exit code ${other.code}`);
  await exposed(demo, digest);
}

/** What --harden makes of a Dockerfile that does nothing for it. */
async function exposed(demo, digest) {
  demo.say("A Dockerfile that says nothing of users and bits, before and after:");
  const file = ["-f", "examples/hardened/exposed.df", "examples/hardened"];
  const build = ["build", "-t", "example/exposed", "--build-arg", `BASE_DIGEST=${digest}`];
  const audit = ["audit", "example/exposed", "--fail-on", "low"];
  const find = ["find", "/", "-xdev", "-type", "f", "-perm", "/6000"];
  await demo.succeed([...build, ...file], { show: false });
  const before = await demo.slipway(audit);
  demo.check(
    "the audit finds setuid files, and root",
    before.code === 1 && /SetuidFile.*\/usr\/bin\/su /.test(before.stdout),
  );
  await demo.succeed([...build, "--harden=strict", ...file]);
  await demo.succeed(audit);
  const left = await demo.succeed(["run", "--rm", "--user", "root", "example/exposed", ...find]);
  demo.check("hardened, no file lends the rights of its owner", left.stdout === "", left.stdout);
  const user = await demo.succeed(["run", "--rm", "example/exposed"]);
  demo.check("and it runs as an account of its own", user.stdout.startsWith("uid=10001(app) gid=10001(app)"));
}

async function nothingToDo(demo) {
  demo.chapter("Once more, with nothing changed");
  const again = await demo.succeed(["build", "-t", "example/http-client", "examples/http-client"]);
  const ran = stepLines(again.stderr).filter((lines) =>
    /^#\d+ \[\S+ \d+\/\d+\] (RUN|COPY|WORKDIR)/.test(lines),
  );
  demo.check("every step comes from the cache", ran.length > 0 && ran.every((lines) => /CACHED/.test(lines)));
}

function fileNames(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** The lines of plain progress by step: each text holds a step's name and all that follows about it. */
function stepLines(output) {
  const steps = new Map();
  for (const line of output.split("\n")) {
    const number = /^#(\d+) /.exec(line)?.[1];
    if (number) steps.set(number, `${steps.get(number) ?? ""}${line}\n`);
  }
  return [...steps.values()];
}

/** Files of a rootless store belong to mapped ids, which only a user namespace can remove. */
function removeFolder(folder) {
  if (process.getuid() !== 0)
    spawnSync("unshare", ["--user", "--map-root-user", "--map-auto", "rm", "-rf", folder]);
  rmSync(folder, { recursive: true, force: true });
}

await runMain(async () => {
  await setUp();
  const folder = mkdtempSync(join(tmpdir(), "slipway-demo-"));
  const demo = new Transcript(process.env.SLIPWAY_HOME || join(folder, "home"));
  try {
    for (const chapter of [
      machine,
      git,
      mailer,
      onbuild,
      httpClient,
      health,
      multiprocess,
      hardened,
      trust,
      nothingToDo,
    ])
      await chapter(demo, folder);
    return demo.end();
  } finally {
    // Containers in the background would outlive a demo that broke off.
    const started = CONTAINERS.filter((name) => existsSync(join(demo.home, "containers/names", name)));
    if (started.length > 0) await demo.slipway(["rm", "-f", "-v", ...started]);
    removeFolder(folder);
  }
});
