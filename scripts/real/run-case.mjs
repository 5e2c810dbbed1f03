// One case: its builds, its builds again, and its checks.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../loopback.mjs";
import { fillIn } from "./case-file.mjs";
import { runChecks } from "./checks.mjs";
import { Failure } from "./expect.mjs";
import { startServices } from "./services.mjs";
import { Slipway } from "./slipway.mjs";

/**
 * Builds a case in the store `home` and checks what came out. Gives `{ seconds, againSeconds, bytes }`: the time of the
 * builds, of the same builds once more, and the size of the image, and `differences` from what `buildkit` makes, where that is
 * given. Throws `Failure` where something is not as it should be.
 */
export async function runCase(subject, home, buildkit) {
  const folder = mkdtempSync(join(tmpdir(), "slipway-real-"));
  const services = await startServices(subject, folder);
  try {
    const [port, port2] = [await freePort(), await freePort()];
    const values = {
      FOLDER: folder,
      PORT: String(port),
      PORT2: String(port2),
      ...services.values,
      ...imageNames(subject),
    };
    const slipway = new Slipway(home, subject.folder);
    const builds = fillIn(subject.builds, values);
    const first = await buildAll({ slipway, folder, services, builds });
    const again = await buildAll({ slipway, folder, services, builds: builds.filter(({ fails }) => !fails) });
    expectCached(first, again);
    const checking = { slipway, name: subject.name, folder, port, logs: first.map(({ log }) => log) };
    await runChecks(checking, fillIn(subject.checks, values));
    const differences = [];
    for (const build of buildkit ? builds.filter(({ keepsImage }) => keepsImage) : [])
      differences.push(
        ...(await buildkit.compare({
          slipway,
          subject: { ...subject, builds },
          build,
          flags: services.flags,
          folder,
        })),
      );
    const bytes = await sizeOf(slipway, builds);
    return { seconds: sum(first), againSeconds: sum(again), bytes, differences };
  } finally {
    services.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `${IMAGE:tag}` is the image of another build of the case. */
function imageNames({ builds }) {
  return Object.fromEntries(builds.map(({ image }) => [`IMAGE:${image.split(":")[1]}`, image]));
}

async function buildAll({ slipway, folder, services, builds }) {
  const results = [];
  for (const build of builds) {
    const id = join(folder, "iid");
    const keep = build.keepsImage ? ["-t", build.image, "--iidfile", id] : [];
    const args = ["build", "--progress=plain", ...keep, ...services.flags, ...build.flags, build.context];
    const { code, stdout, stderr, seconds } = await slipway.run(args, { env: build.env });
    expectOutcome(build, code, stdout + stderr);
    const imageId = build.keepsImage ? readFileSync(id, "utf8") : undefined;
    results.push({ ...build, seconds, imageId, log: stderr });
  }
  return results;
}

function expectOutcome({ image, fails }, code, log) {
  if (fails === undefined && code === 0) return;
  if (fails === undefined) throw new Failure(`the build of ${image} ended with ${code}`, log);
  if (code !== 1) throw new Failure(`the build of ${image} ended with ${code}, and has to fail`, log);
  if (!new RegExp(fails).test(log))
    throw new Failure(`the build of ${image} fails, but not because of ${fails}`, log);
}

/** A build with nothing to do runs nothing, and gives the same image. */
function expectCached(first, again) {
  for (const build of again) {
    const before = first.find(({ image }) => image === build.image);
    const ran = build.log.split("\n").filter((line) => /^#\d+ MISS/.test(line));
    if (ran.length > 0) throw new Failure(`${build.image}, built again, runs steps again`, build.log);
    if (before.imageId !== build.imageId)
      throw new Failure(
        `${build.image}, built again, is ${build.imageId} and no longer ${before.imageId}`,
        build.log,
      );
  }
}

async function sizeOf(slipway, builds) {
  const { image } = builds.find(({ keepsImage }) => keepsImage);
  const { stdout } = await slipway.succeed(["inspect", image]);
  return JSON.parse(stdout)[0].Size;
}

function sum(results) {
  return results.reduce((total, { seconds }) => total + seconds, 0);
}
