// What a case needs on this machine while it is built and run: all on loopback, all gone afterwards.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { freePort, waitForPort } from "../loopback.mjs";
import { Failure } from "./expect.mjs";
import { npmFlags } from "./npm-settings.mjs";

const START_MS = 10_000;
/** Equal content gives equal commits. */
const COMMIT_DATE = "1700000000 +0000";

/**
 * Starts what `needs` names. Gives `values` for the texts of the case, `flags` for its builds, and `close`.
 * `folder` is a temporary folder of the case.
 */
export async function startServices({ folder: source, needs }, folder) {
  const started = { values: {}, flags: [], closers: [] };
  for (const need of needs) await STARTERS[need](started, source, folder);
  const { values, flags, closers } = started;
  return { values, flags, close: () => closers.map((close) => close()) };
}

const STARTERS = {
  npm(started, _source, folder) {
    started.flags.push(...npmFlags(folder).secrets);
  },
  async http(started, source) {
    await serve(started, (request) => readServed(join(source, "served"), request.url));
  },
  async "private-http"(started, source, folder) {
    const token = randomBytes(16).toString("hex");
    const basic = `Basic ${Buffer.from(`pilot:${token}`).toString("base64")}`;
    await serve(started, (request) => {
      const { authorization } = request.headers;
      return authorization === basic || authorization === `Bearer ${token}`
        ? readServed(source, request.url)
        : 401;
    });
    const netrc = join(folder, "netrc");
    writeFileSync(netrc, `machine 127.0.0.1 login pilot password ${token}\n`);
    Object.assign(started.values, { TOKEN: token, NETRC: netrc });
  },
  async git(started, source, folder) {
    makeRepository(join(source, "repository"), join(folder, "git"));
    const port = await freePort();
    const place = [`--base-path=${join(folder, "git")}`, "--listen=127.0.0.1", `--port=${port}`];
    launch(started, "git", ["daemon", "--export-all", "--reuseaddr", ...place]);
    if (!(await waitForPort(port, START_MS))) throw new Failure("git daemon does not answer");
    started.values.GIT = `git://127.0.0.1:${port}/project.git`;
  },
  async ssh(started, _source, folder) {
    const key = join(folder, "key");
    const socket = join(folder, "agent");
    runOrFail("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "office", "-f", key]);
    launch(started, "ssh-agent", ["-D", "-a", socket]);
    await retry(
      () =>
        spawnSync("ssh-add", ["-q", key], { env: { ...process.env, SSH_AUTH_SOCK: socket } }).status === 0,
    );
    started.values.SSH_AUTH_SOCK = socket;
  },
};

/** `answer` gives the bytes for a request, or a status. */
async function serve(started, answer) {
  const server = createServer((request, response) => {
    const body = answer(request);
    if (typeof body === "number") return response.writeHead(body).end();
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  started.closers.push(() => server.close().closeAllConnections());
  started.values.HTTP = `http://127.0.0.1:${server.address().port}`;
}

function readServed(folder, url) {
  try {
    return readFileSync(join(folder, normalize(decodeURIComponent(new URL(url, "http://x").pathname))));
  } catch {
    return 404;
  }
}

/** Each folder `N-REF` is laid over what was there before and committed; REF becomes a tag, the last one the branch. */
function makeRepository(source, folder) {
  const work = join(folder, "work");
  mkdirSync(work, { recursive: true });
  const git = (...args) => runOrFail("git", args, work);
  git("init", "--quiet", "--initial-branch=main");
  for (const name of readdirSync(source).sort()) {
    cpSync(join(source, name), work, { recursive: true });
    git("add", "--all");
    git("commit", "--quiet", "--message", name);
    const ref = name.replace(/^\d+-/, "");
    if (ref !== "main") git("tag", ref);
  }
  runOrFail("git", ["clone", "--quiet", "--bare", work, join(folder, "project.git")], folder);
}

function runOrFail(program, args, cwd) {
  const identity = { NAME: "office", EMAIL: "office@harbour.example", DATE: COMMIT_DATE };
  const env = { ...process.env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  for (const [name, value] of Object.entries(identity))
    Object.assign(env, { [`GIT_AUTHOR_${name}`]: value, [`GIT_COMMITTER_${name}`]: value });
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  if (status !== 0)
    throw new Failure(`${program} ${args.join(" ")} ended with ${status}`, `${stdout}${stderr}`);
}

/** A server in a process group of its own, since `git daemon` is two processes. */
function launch(started, program, args) {
  const child = spawn(program, args, { stdio: "ignore", detached: true });
  const end = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
  };
  process.once("exit", end);
  started.closers.push(() => {
    process.off("exit", end);
    end();
  });
}

export async function retry(attempt, milliseconds = START_MS) {
  const end = Date.now() + milliseconds;
  while (!(await attempt())) {
    if (Date.now() > end) throw new Failure("a service did not start in time");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
