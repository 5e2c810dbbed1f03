import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeSystemError } from "../core/errors.ts";
import { findTool } from "../sys/process.ts";
import { type Driver, driverCommand } from "./drivers.ts";
import { boundingCapabilities, hasPlainCgroup2, hostDevices } from "./machine.ts";
import { planMounts } from "./mount-plan.ts";
import type { ContainerRequest, Privilege } from "./request.ts";
import { setupScript } from "./setup-script.ts";
import { ociSpec } from "./spec.ts";

/** A container that is ready to be started. */
export interface Bundle {
  /** Enters the private namespaces and runs the setup script. */
  readonly argv: readonly string[];
  /** What the script reads from its descriptor 0. */
  readonly secrets: Uint8Array;
  /** Exists once everything is mounted and the runtime has taken over. */
  readonly marker: string;
  /** Messages of everything before that. */
  readonly setupLog: string;
  readonly runtimeLog: string;
}

export interface BundleOptions {
  readonly privilege: Privilege;
  readonly driver: Driver;
  /** PATH for tools. */
  readonly path: string;
}

/** Writes a bundle into the request's scratch folder. */
export async function writeBundle(request: ContainerRequest, options: BundleOptions): Promise<Bundle> {
  const folder = join(request.scratch, "container");
  const at = (name: string) => join(folder, name);
  try {
    mkdirSync(folder, 0o700);
    const plan = await planMounts(request, options.privilege, folder);
    const spec = ociSpec(request, {
      privilege: options.privilege,
      mounts: plan.mounts,
      capabilities: boundingCapabilities(),
      architecture: process.arch,
      hostDevices: request.security === "insecure" ? hostDevices() : [],
    });
    writeFileSync(at("config.json"), JSON.stringify(spec), { mode: 0o600, flag: "wx" });
    const paths = { bundle: folder, state: at("state"), log: at("runtime.log") };
    const script = setupScript({
      request,
      plan,
      mountCgroup2: !hasPlainCgroup2(),
      marker: at("ready"),
      command: driverCommand(options.driver, request.id, paths),
    });
    writeFileSync(at("setup"), script, { mode: 0o600, flag: "wx" });
    return {
      argv: enterNamespaces(at("setup"), options.path),
      secrets: plan.secrets,
      marker: at("ready"),
      setupLog: at("setup.log"),
      runtimeLog: paths.log,
    };
  } catch (error) {
    throw describeSystemError(error, "preparing a container");
  }
}

/**
 * The process namespace makes the kernel end everything inside once its first process ends, and that one ends with `unshare`,
 * and that one with us: even SIGKILL leaves no process and no mount behind. Without setpriv (it is a package of its own in
 * some distributions) the last link of that chain is missing.
 */
function enterNamespaces(script: string, path: string): readonly string[] {
  const setpriv = findTool("setpriv", path);
  return [
    ...(setpriv ? [setpriv, "--pdeathsig", "KILL"] : []),
    ...["unshare", "--mount", "--cgroup", "--pid", "--fork", "--kill-child", "--propagation", "private"],
    ...["sh", script],
  ];
}
