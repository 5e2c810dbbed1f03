import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import { findTool } from "../../sys/process.ts";

/** The programs that private networks are made with. Absolute paths. */
export interface NetworkTools {
  /** Connects a namespace to the machine's network, as an ordinary program does. */
  readonly pasta: string;
  /** Folder of the CNI plugins `bridge` and `host-local`. */
  readonly plugins: string;
}

/** Where distributions put CNI plugins, Debian's first. */
const PLUGIN_FOLDERS = ["/usr/lib/cni", "/usr/libexec/cni", "/opt/cni/bin"];

/** Throws `TOOL_NOT_FOUND`, naming the package. */
export function findNetworkTools(path: string): NetworkTools {
  const pasta = findTool("pasta", path);
  if (!pasta) throw missing("pasta", "passt");
  const plugins = PLUGIN_FOLDERS.find((folder) =>
    ["bridge", "host-local"].every((name) => isThere(join(folder, name))),
  );
  if (!plugins) throw missing("the CNI plugin bridge", "containernetworking-plugins");
  for (const tool of ["unshare", "nsenter", "flock"])
    if (!findTool(tool, path)) throw missing(tool, "util-linux");
  return { pasta, plugins };
}

const TUNNEL = "/dev/net/tun";

/** Throws `NETWORK_FAILED` where this process may not use the device that pasta works with. */
export function requireTunnel(): void {
  try {
    accessSync(TUNNEL, constants.R_OK | constants.W_OK);
  } catch (cause) {
    const why = existsSync(TUNNEL) ? "may not be used by everybody" : "does not exist";
    throw new SlipwayError(
      "NETWORK_FAILED",
      `a private network needs ${TUNNEL}, which ${why} on this machine`,
      {
        cause,
        hint: `root can change that (modprobe tun; chmod 666 ${TUNNEL}); --network host does without it`,
      },
    );
  }
}

function isThere(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function missing(tool: string, name: string): SlipwayError<"TOOL_NOT_FOUND"> {
  return new SlipwayError("TOOL_NOT_FOUND", `a private network needs ${tool}, which is not installed`, {
    facts: { tool, package: name },
    hint: `install it (package ${name}), or use --network host`,
  });
}
