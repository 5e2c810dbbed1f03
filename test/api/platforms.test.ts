import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitProgram, MACHINES } from "../../src/runtime/emulation/machines.ts";
import { CLI } from "../support/cli.ts";
import { arm64Emulation, unrunnableArchitectures, writeArm64Rootfs } from "../support/foreign-programs.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import type { CommandResult } from "../support/tools.ts";
import { stateOf, useWorkshop } from "./workshop.ts";

const shop = useWorkshop();
const rootless = useWorkshop({ rootless: true });
const BOTH = "--platform=linux/amd64,linux/arm64";

/** The documents of an OCI archive. */
function archive(file: string) {
  const read = (name: string) => JSON.parse(execFileSync("tar", ["-xOf", file, name], { encoding: "utf8" }));
  const blob = (digest: string) => read(`blobs/sha256/${digest.slice(7)}`);
  const index = blob(read("index.json").manifests[0].digest);
  const images = index.manifests.map((entry: { digest: string; platform: object }) => {
    const manifest = blob(entry.digest);
    return { platform: entry.platform, manifest, config: blob(manifest.config.digest) };
  });
  return { index, images };
}

describe("several platforms at once", () => {
  it("SC-01, SG-13: stages pinned to the build platform run here, and see what they build for", async () => {
    const file = join(shop.it.folder, "cross.tar");
    const Dockerfile = [
      "FROM --platform=$BUILDPLATFORM busybox AS build",
      "ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT BUILDPLATFORM",
      "RUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETVARIANT > /out",
      "FROM scratch",
      "ARG TARGETARCH",
      "LABEL arch=$TARGETARCH",
      "COPY --from=build /out /out",
      "",
    ].join("\n");
    const platforms = "--platform=linux/amd64,linux/arm64/v8,linux/arm";
    const built = await shop.it.build(
      { Dockerfile },
      platforms,
      "-t",
      "cross",
      "-o",
      `type=oci,dest=${file}`,
    );
    expect(built.exitCode).toBe(0);
    const { index, images } = archive(file);
    expect(index.manifests.map(({ platform }: { platform: object }) => platform)).toEqual([
      { architecture: "amd64", os: "linux" },
      { architecture: "arm64", os: "linux" },
      { architecture: "arm", os: "linux", variant: "v7" },
    ]);
    expect(
      images.map(
        ({ config }: { config: { architecture: string; variant?: string; config: { Labels: object } } }) => [
          config.architecture,
          config.variant,
          config.config.Labels,
        ],
      ),
    ).toEqual([
      ["amd64", undefined, { arch: "amd64" }],
      ["arm64", undefined, { arch: "arm64" }],
      ["arm", "v7", { arch: "arm" }],
    ]);
    const folder = join(shop.it.folder, "cross");
    await shop.it.succeed(["build", platforms, "-o", folder, shop.it.context({ Dockerfile })]);
    const out = (platform: string) =>
      execFileSync("cat", [join(folder, platform, "out")], { encoding: "utf8" });
    expect(out("linux_amd64")).toBe("linux/amd64 linux amd64\n");
    expect(out("linux_arm64")).toBe("linux/arm64 linux arm64\n");
    expect(out("linux_arm_v7")).toBe("linux/arm/v7 linux arm v7\n");
  });

  it("SG-13: are built at the same time", async () => {
    // Each waits for the file of the other one in a shared cache mount: one after the other they would never end.
    const Dockerfile = [
      "FROM --platform=$BUILDPLATFORM busybox",
      "ARG TARGETARCH",
      "RUN --mount=type=cache,id=meeting,target=/c touch /c/$TARGETARCH;" +
        " for i in $(seq 2000); do [ -e /c/amd64 ] && [ -e /c/arm64 ] && exit 0; sleep 0.1; done; exit 1",
      "",
    ].join("\n");
    const built = await shop.it.build({ Dockerfile }, BOTH);
    expect([built.exitCode, built.stderr]).toEqual([0, expect.anything()]);
  });

  it("SG-07: what they share is executed once, also without cache", async () => {
    const Dockerfile = [
      "FROM --platform=$BUILDPLATFORM busybox AS build",
      "RUN --mount=type=cache,id=count,target=/c echo x >> /c/runs; cp /c/runs /runs; sleep 0.3",
      "FROM scratch",
      "ARG TARGETARCH",
      "LABEL arch=$TARGETARCH",
      "COPY --from=build /runs /runs",
      "",
    ].join("\n");
    const file = join(shop.it.folder, "runs.tar");
    const flags = [BOTH, "--no-cache", "-o", `type=oci,dest=${file}`];
    const built = await shop.it.build({ Dockerfile }, ...flags);
    expect(built.exitCode).toBe(0);
    expect(built.stderr.match(/^#\d+ DONE .*$/gm)!.length).toBe(4);
    expect(built.stderr.match(/^#\d+ CACHED$/gm)).toHaveLength(2);
    const { images } = archive(file);
    expect(images[0].manifest.layers).toEqual(images[1].manifest.layers);
    await shop.it.succeed(["build", BOTH, "-t", "runs", shop.it.context({ Dockerfile })]);
  });

  it("SG-08: steps are told apart by their platform, in names, ids and the table of stages", async () => {
    const Dockerfile =
      "FROM --platform=$BUILDPLATFORM busybox AS build\nARG TARGETARCH\nRUN echo $TARGETARCH\nFROM scratch\nCOPY --from=build /etc/passwd /\n";
    const context = shop.it.context({ Dockerfile });
    const plain = await shop.it.run(["build", "--progress=plain", BOTH, context]);
    for (const name of [
      "[linux/amd64 build 2/2] RUN echo amd64",
      "[linux/amd64->arm64 build 2/2] RUN echo arm64",
    ])
      expect(plain.stderr).toContain(name);
    expect(plain.stderr).toMatch(
      /^build linux\/amd64 .*\n1 linux\/amd64 .*<- target\nbuild linux\/arm64 .*\n1 linux\/arm64 .*<- target$/m,
    );
    const json = await shop.it.run(["build", "--progress=json", BOTH, context]);
    const events = json.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const plans = events.filter(({ type }) => type === "plan");
    expect(plans).toHaveLength(1);
    const ids = plans[0].stages.flatMap(({ steps }: { steps: { id: string }[] }) =>
      steps.map(({ id }) => id),
    );
    expect(ids).toEqual(["linux/amd64 0.0", "linux/amd64 1.0", "linux/arm64 0.0", "linux/arm64 1.0"]);
    const ended = events
      .filter(({ type }) => type === "step.done" || type === "step.cached")
      .map(({ id }) => id);
    for (const id of ids) expect(ended).toContain(id);
  });

  it("a failure of one ends the others, and is told once", async () => {
    const Dockerfile = [
      "FROM --platform=$BUILDPLATFORM busybox",
      "ARG TARGETARCH",
      "RUN if [ $TARGETARCH = arm64 ]; then exit 7; else sleep 1000; fi",
      "",
    ].join("\n");
    const built = await shop.it.build({ Dockerfile }, BOTH);
    expect(built.exitCode).toBe(1);
    expect(built.stderr.match(/^ERROR: .*$/gm)).toEqual([expect.stringContaining("exit code: 7")]);
    expect(built.stderr).toMatch(/^#\d+ CANCELED$/m);
  });

  it("SG-13: a platform that is asked for twice is built twice, and that is said", async () => {
    const file = join(shop.it.folder, "twice.tar");
    const Dockerfile = "FROM scratch\nCOPY Dockerfile /\n";
    const twice = "--platform=linux/amd64,linux/x86_64";
    const built = await shop.it.build({ Dockerfile }, twice, "-o", `type=oci,dest=${file}`);
    expect(built.stderr).toContain('Duplicate platform result requested "linux/amd64"');
    const [first, second] = archive(file).index.manifests;
    expect(first).toEqual(second);
  });
});

describe("an ordinary user", () => {
  it("SG-13, DESIGN 7: builds several platforms inside one user namespace", async () => {
    const Dockerfile =
      "FROM --platform=$BUILDPLATFORM busybox AS build\nARG TARGETARCH\nRUN echo $TARGETARCH > /out; id -u\nFROM scratch\nCOPY --from=build /out /out\n";
    const built = await rootless.it.build({ Dockerfile }, BOTH, "-t", "both");
    expect([built.exitCode, built.stderr]).toEqual([0, expect.anything()]);
    const again = await rootless.it.build({ Dockerfile }, BOTH, "-t", "both");
    expect(again.stderr).not.toMatch(/^#\d+ MISS/m);
  });
});

describe("a registry", () => {
  let registry: TestRegistry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it("MF-03: gets the index, and gives each machine its image", async () => {
    const name = `${registry.host}/cross:1`;
    const Dockerfile = "FROM scratch\nARG TARGETARCH\nCOPY <<E /arch\n$TARGETARCH\nE\n";
    const context = shop.it.context({ Dockerfile });
    await shop.it.succeed(["build", BOTH, "--push", "-t", name, context]);
    const index = await (
      await fetch(`http://${registry.host}/v2/cross/manifests/1`, {
        headers: { accept: "application/vnd.oci.image.index.v1+json" },
      })
    ).json();
    expect(index).toMatchObject({
      mediaType: "application/vnd.oci.image.index.v1+json",
      manifests: [{ platform: { architecture: "amd64" } }, { platform: { architecture: "arm64" } }],
    });
    await shop.it.succeed(["rmi", name]);
    await shop.it.succeed(["system", "prune", "--all", "--force"]);
    // CP-24: the request's platform decides which image is read, not that of the stage.
    const reader = [
      `FROM --platform=$BUILDPLATFORM ${name} AS here`,
      "FROM scratch",
      "COPY --from=here /arch /here",
      `COPY --from=${name} /arch /there`,
      "",
    ].join("\n");
    const folder = join(shop.it.folder, "pulled");
    await shop.it.succeed([
      "build",
      "--platform=linux/arm64",
      "-o",
      folder,
      shop.it.context({ Dockerfile: reader }),
    ]);
    const read = (file: string) => execFileSync("cat", [join(folder, file)], { encoding: "utf8" });
    expect(read("there")).toBe("arm64\n");
    expect(read("here")).toBe(`${process.arch === "x64" ? "amd64" : "arm64"}\n`);
  });
});

describe("a processor whose programs do not run here", () => {
  /** An image whose /bin/sh, by way of a link, is a program for that architecture. */
  async function foreignImage(architecture: string): Promise<string> {
    const machine = MACHINES.find((one) => one.architecture === architecture)!;
    const context = shop.it.context({ Dockerfile: "FROM scratch\nCOPY root /\n", "root/bin/true": "" });
    writeFileSync(join(context, "root/bin/true"), exitProgram(machine), { mode: 0o755 });
    execFileSync("ln", ["-s", "true", join(context, "root/bin/sh")]);
    writeFileSync(join(context, "root/bin/script"), "#! /bin/sh\n", { mode: 0o755 });
    chmodSync(join(context, "root/bin"), 0o755);
    const name = `foreign-${architecture}`;
    await shop.it.succeed(["build", `--platform=linux/${architecture}`, "-t", name, context]);
    return name;
  }

  it("EMULATION_UNAVAILABLE: RUN says which, and what to do", async () => {
    const scratch = join(shop.it.folder, "probes");
    mkdirSync(scratch);
    const [architecture] = await unrunnableArchitectures(scratch);
    if (architecture === undefined)
      return console.warn("not tested: every program that there is runs on this machine");
    const image = await foreignImage(architecture);
    for (const command of ["RUN anything", 'RUN ["true"]', 'RUN ["/bin/script"]']) {
      const built = await shop.it.build(
        { Dockerfile: `FROM ${image}\n${command}\n` },
        `--platform=linux/${architecture}`,
      );
      expect(built.exitCode).toBe(1);
      expect(built.stderr).toMatch(
        new RegExp(
          `ERROR: .* is a program for linux/${architecture}, which this machine \\(linux/\\w+\\) cannot run \\(EMULATION_UNAVAILABLE\\)`,
        ),
      );
      expect(built.stderr).toMatch(/hint: .*qemu.*FROM --platform=\$BUILDPLATFORM/);
      expect(built.stderr).toContain(`>>> ${command}`);
    }
    const ran = await shop.it.run(["run", "--rm", `--platform=linux/${architecture}`, image, "true"]);
    expect([ran.exitCode, ran.stderr]).toEqual([125, expect.stringContaining("(EMULATION_UNAVAILABLE)")]);
    // Files alone need no processor.
    const files = `FROM ${image}\nCOPY Dockerfile /\nWORKDIR /w\n`;
    expect((await shop.it.build({ Dockerfile: files }, `--platform=linux/${architecture}`)).exitCode).toBe(0);
  });

  it("FR-06: what is not asked for stays a finding of the linter", async () => {
    const scratch = join(shop.it.folder, "more-probes");
    mkdirSync(scratch);
    const [architecture] = await unrunnableArchitectures(scratch);
    if (architecture === undefined)
      return console.warn("not tested: every program that there is runs on this machine");
    const image = await foreignImage(architecture);
    const built = await shop.it.build({ Dockerfile: `FROM ${image}\nCOPY Dockerfile /\n` });
    expect(built.exitCode).toBe(0);
    expect(built.stderr).toContain("InvalidBaseImagePlatform");
  });
});

const emulation = await arm64Emulation();
if ("reason" in emulation) console.warn(`RUN for arm64 is not tested: ${emulation.reason}`);

describe.runIf("run" in emulation && process.arch === "x64")("with an emulator", () => {
  /** In a store of its own: its files belong to the namespace's root. */
  const home = () => join(shop.it.folder, "emulated");
  const slipway = (...args: string[]): Promise<CommandResult> => {
    if (!("run" in emulation)) throw new Error(emulation.reason);
    return emulation.run([process.execPath, CLI, ...args], {
      cwd: shop.it.folder,
      env: { PATH: process.env.PATH ?? "", HOME: home(), SLIPWAY_HOME: home() },
    });
  };

  beforeAll(async () => {
    const context = shop.it.context({ Dockerfile: "FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /\n" });
    await writeArm64Rootfs(join(context, "arm64"));
    await shop.it.succeed(["save", "-o", join(shop.it.folder, "busybox.tar"), "busybox"]);
    const loaded = await slipway("load", "-i", join(shop.it.folder, "busybox.tar"));
    expect([loaded.exitCode, loaded.stderr]).toEqual([0, expect.anything()]);
    const built = await slipway("build", "--platform=linux/arm64", "-t", "busybox-arm64", context);
    expect([built.exitCode, built.stderr]).toEqual([0, expect.anything()]);
  });

  it("SG-13: RUN runs for its platform, in a root filesystem without the emulator", async () => {
    const Dockerfile = "FROM busybox-arm64\nRUN uname -m; [ ! -e /usr ] && echo made > /made\n";
    const context = shop.it.context({ Dockerfile });
    const built = await slipway(
      "build",
      "--progress=plain",
      "--platform=linux/arm64",
      "-t",
      "emulated",
      context,
    );
    expect([built.exitCode, built.stderr]).toEqual([0, expect.stringMatching(/^#\d+ [0-9.]+ aarch64$/m)]);
    const ran = await slipway(
      "run",
      "--rm",
      "--platform=linux/arm64",
      "emulated",
      "sh",
      "-c",
      "uname -m; cat /made",
    );
    expect(ran).toMatchObject({ exitCode: 0, stdout: "aarch64\nmade\n" });
  });

  it.each(["crun", "runc", "unshare"])("SG-13: with %s", async (runtime) => {
    const context = shop.it.context({ Dockerfile: "FROM busybox-arm64\nUSER 7:8\nRUN id -u; uname -m\n" });
    const flags = ["--progress=plain", "--no-cache", `--runtime=${runtime}`, "--platform=linux/arm64"];
    const built = await slipway("build", ...flags, context);
    expect([built.exitCode, built.stderr]).toEqual([0, expect.stringMatching(/ 7\n#\d+ [0-9.]+ aarch64$/m)]);
  });

  it("FR-06: a base for another processor takes the stage along where that runs", async () => {
    const context = shop.it.context({ Dockerfile: "FROM busybox-arm64\nARG TARGETARCH\nRUN uname -m\n" });
    const built = await slipway("build", "--progress=plain", "-t", "followed", context);
    expect([built.exitCode, built.stderr]).toEqual([0, expect.stringMatching(/ aarch64$/m)]);
    expect(built.stderr).not.toContain("InvalidBaseImagePlatform");
    const { stdout } = await slipway("inspect", "followed");
    expect(JSON.parse(stdout)[0].Architecture).toBe("arm64");
  });

  it("doctor lists the platforms that run", async () => {
    expect((await slipway("doctor")).stdout).toMatch(/^ok {2}foreign platforms +.*linux\/arm64/m);
  });

  it("both platforms at once: one here, one emulated", async () => {
    const Dockerfile = "FROM base\nRUN uname -m > /machine\n";
    const context = shop.it.context({ Dockerfile });
    const base = shop.it.context({
      Dockerfile: "FROM busybox AS amd64\nFROM busybox-arm64 AS arm64\nFROM ${TARGETARCH}\n",
    });
    expect((await slipway("build", BOTH, "-t", "base", base)).exitCode).toBe(0);
    const file = join(shop.it.folder, "both.tar");
    const built = await slipway("build", "--progress=plain", BOTH, "-o", `type=tar,dest=${file}`, context);
    expect([built.exitCode, built.stderr]).toEqual([0, expect.anything()]);
    const machine = (platform: string) =>
      execFileSync("tar", ["-xOf", file, `${platform}/machine`], { encoding: "utf8" });
    expect([machine("linux_amd64"), machine("linux_arm64")]).toEqual(["x86_64\n", "aarch64\n"]);
    expect(stateOf(built.stderr, "[linux/arm64 2/2] RUN")).toBe("DONE");
  });
});
