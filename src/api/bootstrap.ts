import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "../core/errors.ts";
import { parseReference } from "../image/reference.ts";
import { findTool, spawnProcess } from "../sys/process.ts";
import { configurationScript, policyScript } from "./base-configuration.ts";
import type { Environment } from "./environment.ts";
import { withSession } from "./images.ts";
import { type ImportedImage, importArchive } from "./rootfs-image.ts";

export interface BootstrapOptions {
  /** `debian:bookworm`, `ubuntu:noble` …: the tag is the suite; `latest` and `stable` of Debian are resolved by the mirror. */
  readonly name: string;
  /** Tags to give the image; default is `name`. */
  readonly tag?: string;
  /** Package mirror; default is mmdebstrap's own for the suite. */
  readonly mirror?: string;
  readonly variant?: string;
  readonly include?: readonly string[];
  readonly components?: string;
  /** Told the mirror tool's own lines as they come. */
  readonly onOutput?: (chunk: Uint8Array) => void;
  readonly signal?: AbortSignal;
}

/** Left out of the base, as in the official minimal images: documentation and caches that every user would delete. Added: what these images have. */
const TIDY = [
  // A layer that is not complete is thrown away: nothing is gained by waiting for the disk.
  "--dpkgopt=force-unsafe-io",
  "--dpkgopt=path-exclude=/usr/share/man/*",
  "--dpkgopt=path-exclude=/usr/share/locale/*/LC_MESSAGES/*",
  "--dpkgopt=path-exclude=/usr/share/doc/*",
  "--dpkgopt=path-include=/usr/share/doc/*/copyright",
  '--customize-hook=rm -f "$1"/etc/resolv.conf "$1"/etc/hostname "$1"/var/log/apt/* "$1"/var/log/dpkg.log "$1"/var/log/alternatives.log',
  // mmdebstrap would remove its own policy at the end, and whatever has that name.
  "--skip=chroot/policy-rc.d",
  `--extract-hook=set -e; ${policyScript()}`,
  // Its last call of apt would come after the hook.
  "--skip=cleanup/apt",
  `--customize-hook=set -e; ${configurationScript()}`,
  // Containers get a /dev of their own.
  "--skip=output/dev",
];

/** Makes a minimal base image from a Debian or Ubuntu package mirror, for machines that reach a mirror and no registry. */
export function bootstrap(options: BootstrapOptions, environment: Environment): Promise<ImportedImage> {
  const { repository, tag = "" } = parseReference(options.name);
  const distribution = repository.replace(/^library\//, "");
  if (
    (distribution !== "debian" && distribution !== "ubuntu") ||
    tag === "" ||
    (tag === "latest" && distribution === "ubuntu")
  )
    throw new SlipwayError("USAGE", `cannot bootstrap ${options.name}`, {
      hint: "name a distribution and a suite, for example debian:bookworm or ubuntu:noble; `slipway import` takes any other root filesystem",
    });
  return withSession(environment, async (session) => {
    const folder = session.store.temp.directory("bootstrap");
    const archive = join(folder, "rootfs.tar");
    try {
      await runMmdebstrap(options, suiteOf(distribution, tag), archive, environment);
      return await importArchive(session, createReadStream(archive, { highWaterMark: 1 << 20 }), {
        source: archive,
        name: options.tag ?? options.name,
        message: `mmdebstrap ${suiteOf(distribution, tag)}`,
        ...(options.signal ? { signal: options.signal } : {}),
      });
    } finally {
      await session.store.temp.remove(folder);
    }
  });
}

/** Image tags such as `bookworm-slim` are suites with a suffix; Debian's `latest` is `stable`. */
function suiteOf(distribution: string, tag: string): string {
  const suite = tag.replace(/-slim$/, "");
  return distribution === "debian" && suite === "latest" ? "stable" : suite;
}

async function runMmdebstrap(
  options: BootstrapOptions,
  suite: string,
  archive: string,
  environment: Environment,
): Promise<void> {
  const tool = findTool(["mmdebstrap"], environment.path);
  if (!tool)
    throw new SlipwayError("BOOTSTRAP_FAILED", "mmdebstrap is not installed", {
      hint: "install the Debian package mmdebstrap, or use `slipway import`",
    });
  const lines: Buffer[] = [];
  const onChunk = (chunk: Buffer) => {
    lines.push(chunk);
    options.onOutput?.(chunk);
  };
  const argv = [
    tool,
    `--variant=${options.variant ?? "minbase"}`,
    `--mode=${environment.uid === 0 ? "root" : "unshare"}`,
    ...(options.components ? [`--components=${options.components}`] : []),
    ...(options.include?.length ? [`--include=${options.include.join(",")}`] : []),
    ...TIDY,
    suite,
    archive,
    ...(options.mirror ? [options.mirror] : []),
  ];
  const { done } = spawnProcess(argv, {
    env: { ...environment.variables, PATH: `${environment.path}:/usr/sbin:/sbin` },
    onStdout: onChunk,
    onStderr: onChunk,
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const { exitCode } = await done;
  const made = await stat(archive).catch(() => undefined);
  if (exitCode === 0 && made && made.size > 0) return;
  const output = Buffer.concat(lines).toString("utf8").trim().split("\n").slice(-8).join("\n");
  throw new SlipwayError("BOOTSTRAP_FAILED", `mmdebstrap ended with exit code ${exitCode}`, {
    facts: { output },
    hint: "check the suite's name and that the package mirror can be reached (--mirror names another)",
  });
}
