import { SlipwayError } from "../core/errors.ts";
import { findTool } from "../sys/process.ts";
import { DRIVER_NAMES, type Driver, type DriverName } from "./drivers.ts";

/**
 * The driver asked for, or the fastest that is there: crun before runc. Throws `USAGE` for a name that is none and
 * `RUNTIME_UNAVAILABLE` where there is nothing to choose from.
 */
export function selectDriver(path: string, wanted?: string): Driver {
  if (wanted !== undefined && !isDriverName(wanted)) {
    throw new SlipwayError("USAGE", `unknown runtime ${JSON.stringify(wanted)}`, {
      hint: `choose one of ${DRIVER_NAMES.join(", ")}`,
    });
  }
  for (const name of wanted === undefined ? DRIVER_NAMES : [wanted]) {
    const program = findTool(name, path);
    if (program) return { name, program };
  }
  throw new SlipwayError("RUNTIME_UNAVAILABLE", `${wanted ?? "no container runtime"} is not installed`, {
    facts: { searched: wanted ?? DRIVER_NAMES },
    hint: `install ${wanted ?? "crun (or runc)"}; \`slipway doctor\` lists what else is missing`,
  });
}

function isDriverName(name: string): name is DriverName {
  return (DRIVER_NAMES as readonly string[]).includes(name);
}
