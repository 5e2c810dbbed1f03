import type { Contract } from "./contract.ts";

/**
 * When a contract is asked. `created`: the container is being made and will be started later; what may still come until then is left out:
 * files (they can be copied into it, or mounts be filled), other containers, endpoints, ports. `replacing`: it runs, and is about to be
 * stopped and started again; the ports are its own until then. `replaced`: it has been stopped, and all but the ports has been asked.
 */
export type Moment = "created" | "start" | "replacing" | "replaced";

const NOTHING: Contract = { env: [], files: [], volumes: [], hosts: [], tcp: [], ports: [] };

/** What of a contract can be told at that moment. Pure. */
export function contractAt(contract: Contract, moment: Moment): Contract {
  switch (moment) {
    case "start":
      return contract;
    case "created":
      return { ...contract, files: [], hosts: [], tcp: [], ports: [] };
    case "replacing":
      return { ...contract, ports: [] };
    case "replaced":
      return { ...NOTHING, ports: contract.ports };
    default:
      return moment satisfies never;
  }
}
