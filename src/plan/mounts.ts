import { posix } from "node:path";
import type { RunInstruction } from "../dockerfile/instructions.ts";
import { expandIn } from "./expansion.ts";
import type { InputSource, RunMount } from "./graph.ts";
import { invalidInstruction, invalidStage } from "./located.ts";
import { type MountOptions, parseMount } from "./mount-options.ts";
import { cleanPath, resolveIn } from "./paths.ts";
import { type Call, currentDirectory, type SourceRef, type StageState } from "./stage-state.ts";

/** The variable that tells ssh where its agent is (SPEC MT-15). */
const AGENT_VARIABLE = "SSH_AUTH_SOCK";

export interface RunMounts {
  /** Parents before children (SPEC MT-06), so that the order of flags has no meaning. */
  readonly mounts: readonly RunMount[];
  /** What the mounts add to the environment, unless the stage defines it. */
  readonly env: readonly string[];
}

/** The mounts of a RUN with every value expanded and every default filled in (SPEC MT-01 to MT-15). */
export function interpretMounts(state: StageState, call: Call<RunInstruction>): RunMounts {
  const cwd = currentDirectory(state);
  let agents = 0;
  const mounts = call.instruction.mounts.map(({ text }, position): RunMount => {
    const options = parseMount(text, (value) => expandIn(state, call, value));
    if (options.type === "ssh") return sshMount(options, cwd, agents++);
    if (options.type === "secret") return secretMount(options, cwd);
    if (options.type === "tmpfs") return tmpfsMount(options, cwd);
    const from = mountSource(options, call.sources[position]);
    return options.type === "bind" ? bindMount(options, cwd, from) : cacheMount(options, cwd, from);
  });
  const socket = mounts.find((mount) => mount.type === "ssh")?.target;
  return {
    mounts: mounts.toSorted((a, b) => compareTargets(a.target ?? "", b.target ?? "")),
    env: socket && !state.variables.content.has(AGENT_VARIABLE) ? [`${AGENT_VARIABLE}=${socket}`] : [],
  };
}

function compareTargets(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Where a bind or cache mount takes its files from (SPEC MT-07). */
function mountSource(options: MountOptions, ref: SourceRef | undefined): InputSource {
  if (!options.from || !ref) return { kind: options.type === "cache" ? "scratch" : "context" };
  if (ref.usable) return ref.input;
  throw invalidStage(
    `cannot mount from stage "${options.from}" to "${options.target ?? ""}", stage needs to be defined before current command`,
    "move that stage above this one",
  );
}

/** The place of a mount: relative ones are seen from the current directory, and the root cannot be one (SPEC MT-06). */
function mountTarget(options: MountOptions, cwd: string): string {
  const target = resolveIn(cwd, options.target ?? "");
  if (target === "/") throw invalidInstruction(`invalid mount target "${target}"`, "add `target=<path>`");
  return target;
}

/** Rooted in its file system; it cannot climb out (SPEC MT-08). */
function mountSubpath(options: MountOptions): string {
  return cleanPath(`/${options.source ?? ""}`);
}

function bindMount(options: MountOptions, cwd: string, from: InputSource): RunMount {
  return {
    type: "bind",
    target: mountTarget(options, cwd),
    source: mountSubpath(options),
    from,
    readOnly: options.readOnly,
  };
}

function cacheMount(options: MountOptions, cwd: string, from: InputSource): RunMount {
  return {
    type: "cache",
    target: mountTarget(options, cwd),
    source: mountSubpath(options),
    id: options.id || posix.normalize(options.target ?? "").replace(/(.)\/$/, "$1"),
    hasExplicitId: Boolean(options.id),
    sharing: options.sharing ?? "shared",
    from,
    readOnly: options.readOnly,
    ...(options.mode === undefined ? {} : { mode: options.mode }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  };
}

function tmpfsMount(options: MountOptions, cwd: string): RunMount {
  const target = mountTarget(options, cwd);
  return {
    type: "tmpfs",
    target,
    ...(options.size ? { size: options.size } : {}),
    ...(options.readOnly ? { readOnly: true } : {}),
  };
}

/** SPEC MT-13: the id is `id`, `source` or the target's base name; without target or env the file is in /run/secrets. */
function secretMount(options: MountOptions, cwd: string): RunMount {
  const id = options.id || options.source || posix.basename(options.target ?? "");
  const onlyEnv = options.env !== undefined && !options.target;
  const target = options.target ? mountTarget(options, cwd) : `/run/secrets/${posix.basename(id)}`;
  return {
    type: "secret",
    id,
    ...(onlyEnv ? {} : { target }),
    ...(options.env === undefined ? {} : { env: options.env || id }),
    ...access(options, 0o400),
  };
}

/** SPEC MT-15. `position` counts the ssh mounts of the instruction. */
function sshMount(options: MountOptions, cwd: string, position: number): RunMount {
  const target = options.target ? mountTarget(options, cwd) : `/run/buildkit/ssh_agent.${position}`;
  return { type: "ssh", id: options.id || "default", target, ...access(options, 0o600) };
}

function access({ required, mode, uid, gid }: MountOptions, defaultMode: number) {
  return { required, mode: mode ?? defaultMode, uid: uid ?? 0, gid: gid ?? 0 };
}
