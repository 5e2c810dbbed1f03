// `npm run real -- --compare`: each image is built by BuildKit, too, from the same bases, and the two are compared.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, waitForPort } from "../loopback.mjs";
import { findProgram } from "../programs.mjs";
import { SetupError } from "../setup.mjs";
import { ended } from "../transcript.mjs";
import { compareImages } from "./compare-images.mjs";
import { Failure } from "./expect.mjs";

const START_MS = 10_000;

/** BuildKit by way of the words in `SLIPWAY_CONFORMANCE_DOCKER`, and a registry with the bases for it. */
export class BuildKit {
  #docker;
  #registry;
  #pushed = new Set();

  static async start(folder) {
    const docker = (process.env.SLIPWAY_CONFORMANCE_DOCKER || "docker").split(/\s+/).filter(Boolean);
    const found = spawnSync(docker[0], [...docker.slice(1), "buildx", "version"]);
    if (found.status !== 0)
      throw new SetupError(
        `--compare needs docker with buildx: \`${docker.join(" ")} buildx version\` fails`,
      );
    return new BuildKit(docker, await startRegistry(join(folder, "registry")));
  }

  constructor(docker, registry) {
    this.#docker = docker;
    this.#registry = registry;
  }

  close() {
    this.#registry.close();
  }

  /** Differences between what both make of a build, one a line. `build` is one of the case, `flags` those of its services. */
  async compare({ slipway, subject, build, flags, folder }) {
    const layouts = { slipway: join(folder, "slipway-layout"), buildkit: join(folder, "buildkit-layout") };
    const args = (builder) => [
      "--output",
      `type=oci,tar=false,dest=${layouts[builder]}`,
      ...flags,
      ...build.flags,
      build.context,
    ];
    for (const layout of Object.values(layouts)) rmSync(layout, { recursive: true, force: true });
    await slipway.succeed(["build", ...args("slipway")], { env: build.env });
    const bases = await this.#bases(slipway, [...subject.bases, ...earlierImages(subject, build)]);
    const copy = withoutSyntaxLines(subject, folder);
    const unknown = await this.#build([...bases, ...args("buildkit")], copy, build);
    return unknown === undefined ? compareImages(layouts) : [`BuildKit does not know ${unknown}`];
  }

  /** Gives the flag that it is too old for, if any. Not synchronously: what it downloads may be served by this process. */
  async #build(args, cwd, build) {
    const fixed = ["--provenance=false", "--network=host"];
    const [program, ...words] = this.#docker;
    const child = spawn(program, [...words, "buildx", "build", "--progress=plain", ...fixed, ...args], {
      cwd,
      env: { ...process.env, ...build.env, DOCKER_CLI_HINTS: "false" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text) => {
      log += text;
    });
    if ((await ended(child)) === 0) return undefined;
    const unknown = /unknown flag: (--\w+)/.exec(log)?.[1];
    if (unknown) return unknown;
    throw new Failure(`BuildKit cannot build ${build.image}`, log);
  }

  /** Named contexts lead the names of the bases to the registry. */
  async #bases(slipway, names) {
    const flags = [];
    for (const name of names) {
      const remote = `127.0.0.1:${this.#registry.port}/${name}`;
      if (!this.#pushed.has(name)) {
        await slipway.succeed(["tag", name, remote]);
        await slipway.succeed(["push", "-q", remote]);
        await slipway.succeed(["rmi", remote]);
      }
      if (!name.startsWith("real/")) this.#pushed.add(name);
      flags.push("--build-context", `${name}=docker-image://${remote}`);
    }
    return flags;
  }
}

/** A copy of the case whose Dockerfiles name no frontend, since there may be no registry to get it from. */
function withoutSyntaxLines({ folder: source }, folder) {
  const copy = join(folder, "without-syntax");
  cpSync(source, copy, { recursive: true, force: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const name of readdirSync(copy, { recursive: true }).filter((path) =>
    /(^|\/)Dockerfile$/.test(path),
  )) {
    const text = readFileSync(join(copy, name), "utf8");
    writeFileSync(join(copy, name), text.replace(/^# syntax=.*/, "#"));
  }
  return copy;
}

/** A later build of a case may start from the image of an earlier one. */
function earlierImages({ builds }, build) {
  const earlier = builds.slice(
    0,
    builds.findIndex(({ image }) => image === build.image),
  );
  return earlier
    .map(({ image }) => image)
    .filter((image) => build.flags.some((flag) => flag.includes(image)));
}

async function startRegistry(folder) {
  const program = findProgram("docker-registry");
  if (!program) throw new SetupError("--compare needs docker-registry");
  const port = await freePort();
  mkdirSync(folder, { recursive: true });
  const config = {
    version: 0.1,
    log: { level: "error" },
    storage: { filesystem: { rootdirectory: folder } },
  };
  writeFileSync(
    join(folder, "config.yml"),
    JSON.stringify({ ...config, http: { addr: `127.0.0.1:${port}` } }),
  );
  const child = spawn(program, ["serve", join(folder, "config.yml")], {
    stdio: "ignore",
    env: { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none" },
  });
  const close = () => child.kill("SIGKILL");
  process.once("exit", close);
  if (!(await waitForPort(port, START_MS))) throw new Failure("docker-registry does not start");
  return { port, close };
}
