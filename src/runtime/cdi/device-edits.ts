/** What a device of the Container Device Interface (CDI 1.1) changes in a container. Hooks are named only: none is run. */
export interface DeviceEdits {
  /** `NAME=value`; wins over what the container has. */
  readonly env: readonly string[];
  readonly nodes: readonly DeviceNode[];
  readonly mounts: readonly DeviceMount[];
  /** Groups that the process becomes a member of. */
  readonly groups: readonly number[];
  /** Parts of the specification that are not carried out: `hooks`, `intelRdt`, `netDevices`. */
  readonly ignored: readonly string[];
}

/** A device file. What is absent is taken from the machine's own file. */
export interface DeviceNode {
  readonly path: string;
  readonly hostPath: string;
  readonly type?: "b" | "c" | "p";
  readonly major?: number;
  readonly minor?: number;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

/** A bind mount, or a tmpfs. */
export interface DeviceMount {
  readonly hostPath: string;
  readonly path: string;
  readonly type: "bind" | "tmpfs";
  readonly readOnly: boolean;
}

export const NO_EDITS: DeviceEdits = Object.freeze({
  env: [],
  nodes: [],
  mounts: [],
  groups: [],
  ignored: [],
});

/** Several edits one after the other. Pure. */
export function mergeEdits(all: readonly DeviceEdits[]): DeviceEdits {
  return {
    env: all.flatMap(({ env }) => env),
    nodes: all.flatMap(({ nodes }) => nodes),
    mounts: all.flatMap(({ mounts }) => mounts),
    groups: [...new Set(all.flatMap(({ groups }) => groups))],
    ignored: [...new Set(all.flatMap(({ ignored }) => ignored))],
  };
}
