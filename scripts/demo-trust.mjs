// The chapter of the demo about images that can be trusted: pinned, built without a network, free of secrets, looked through, compared.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const FIRST = `FROM debian:bookworm
RUN cp /bin/true /usr/local/bin/hoist && chmod 4755 /usr/local/bin/hoist
ENV HARBOUR=Lisbon
CMD ["hoist"]
`;
const SECOND = FIRST.replace("4755", "0755").replace("Lisbon", "Porto").replace("CMD", "USER nobody\nCMD");
const LEAKY = `FROM debian:bookworm
RUN --mount=type=secret,id=token base64 /run/secrets/token > /etc/hoist.conf
`;
const ADVISABLE = `FROM debian:bookworm
RUN apt-get update
RUN apt-get install git
ENTRYPOINT git
CMD ["version"]
`;
const TOKEN = "hst_4f9Qz71LkW0xPb2v";

/** `folder` is one that goes when the demo ends. */
export async function trust(demo, folder) {
  demo.chapter("Images that can be trusted: lock, offline, secrets, lint, audit, diff");
  const context = join(folder, "hoist");
  mkdirSync(context);
  const write = (name, text) => writeFileSync(join(context, name), text);
  write("Dockerfile", FIRST);
  await pinned(demo, context);
  write("second.df", SECOND);
  write("leaky.df", LEAKY);
  write("advisable.df", ADVISABLE);
  write("token", TOKEN);
  await secretsCaught(demo, context);
  await lookedThrough(demo, context);
  await compared(demo, context);
}

async function pinned(demo, context) {
  await demo.succeed(["lock", context]);
  const lock = JSON.parse(readFileSync(join(context, "Dockerfile.lock"), "utf8"));
  demo.check("the lock has the digest of the base", Object.keys(lock.images).length === 1);
  await demo.succeed(["build", "--locked", "-t", "example/hoist:1", context]);
  demo.say("With a lock and a cache no network is needed:");
  const offline = await demo.succeed(["build", "--offline", "-t", "example/hoist:1", context]);
  demo.check("the step comes from the cache", /^#\d+ CACHED/m.test(offline.stderr));
}

async function secretsCaught(demo, context) {
  demo.say("A step that writes a secret into the image, in base64:");
  const files = ["-f", join(context, "leaky.df"), "--secret", `id=token,src=${join(context, "token")}`];
  const leaky = await demo.slipway(["build", "--no-lock", "-t", "example/leaky", ...files, context]);
  demo.check(
    "the build fails, and names the file and the step",
    /\/etc\/hoist\.conf: .*leaky\.df:2/.test(leaky.stderr),
  );
  demo.check("the value is not shown", !leaky.stderr.includes(TOKEN));
  const named = await demo.slipway(["inspect", "example/leaky"], { show: false });
  demo.check("nothing has the name", named.code !== 0);
}

async function lookedThrough(demo, context) {
  const advice = await demo.slipway(["lint", "-f", join(context, "advisable.df"), context]);
  demo.check(
    "the linter has advice, each with its line",
    advice.code === 1 && /advisable\.df:4/.test(advice.stdout),
    `exit code ${advice.code}`,
  );
  const audit = await demo.slipway(["audit", "--fail-on", "SetuidFile", "example/hoist:1"]);
  demo.check(
    "the audit fails for a setuid program",
    audit.code === 1 && audit.stdout.includes("/usr/local/bin/hoist"),
  );
}

async function compared(demo, context) {
  demo.say("Put right, and compared:");
  const second = ["-f", join(context, "second.df"), "--lock-file", join(context, "Dockerfile.lock")];
  await demo.succeed(["build", "--locked", ...second, "-t", "example/hoist:2", context]);
  const diff = await demo.slipway(["diff", "--exit-code", "example/hoist:1", "example/hoist:2"]);
  demo.check("they differ", diff.code === 1, `exit code ${diff.code}`);
  demo.check("by the mode of one file", /~ \/usr\/local\/bin\/hoist +mode 4755 -> 0755/.test(diff.stdout));
  demo.check("and by their configuration", /~ Env HARBOUR: "Lisbon" -> "Porto"/.test(diff.stdout));
}
