import { parseCsvRecord } from "../core/csv.ts";
import { SlipwayError } from "../core/errors.ts";
import { suggest } from "../core/suggest.ts";
import type { StagePlan, Step } from "./graph.ts";
import type { PlanOptions } from "./options.ts";

/** What the caller of a build trusts the Dockerfile with (SPEC 8.1, --allow). */
export interface Entitlements {
  /** `network.host`, `security.insecure`. */
  readonly plain: ReadonlySet<string>;
  readonly devices: DeviceGrants;
}

export interface DeviceGrants {
  /** `device` without a name. */
  readonly all: boolean;
  readonly names: readonly string[];
  /** What a Dockerfile calls a device, with the device that it gets. */
  readonly aliases: ReadonlyMap<string, string>;
}

const PLAIN = ["network.host", "security.insecure"];
/** Meant for clients that remove files; accepted without a value, means nothing to a build. */
const CLIENT_ONLY = "buildx.local.delete";

/** Throws `USAGE`. */
export function parseEntitlements(list: readonly string[]): Entitlements {
  const plain = new Set<string>();
  const names: string[] = [];
  const aliases = new Map<string, string>();
  let all = false;
  for (const text of list) {
    if (PLAIN.includes(text)) plain.add(text);
    else if (text === "device" || text === "device=") all = true;
    else if (text.startsWith("device=")) {
      const { name, alias } = deviceGrant(text.slice("device=".length));
      if (alias === undefined) names.push(name);
      else aliases.set(alias, name);
    } else if (text !== CLIENT_ONLY) throw unknown(text);
  }
  return { plain, devices: { all, names, aliases } };
}

function unknown(text: string): SlipwayError<"USAGE"> {
  const near = suggest(text, [...PLAIN, "device", CLIENT_ONLY]);
  return new SlipwayError("USAGE", `unknown entitlement ${text}`, {
    hint: near
      ? `did you mean ${near}?`
      : `known: ${PLAIN.join(", ")}, device, device=NAME[,alias=NAME], ${CLIENT_ONLY}`,
  });
}

function deviceGrant(text: string): { readonly name: string; readonly alias: string | undefined } {
  const [name = "", ...fields] = parseCsvRecord(text);
  let alias: string | undefined;
  for (const field of fields) {
    const [key = "", ...rest] = field.split("=");
    if (rest.length === 0) throw new SlipwayError("USAGE", `invalid device config ${JSON.stringify(field)}`);
    if (key !== "alias") throw new SlipwayError("USAGE", `unknown device config key ${JSON.stringify(key)}`);
    alias = rest.join("=");
  }
  return { name, alias: alias || undefined };
}

/**
 * Refuses steps that ask for a privilege which the request does not grant (SPEC RX-01, RX-02). Those of devices are judged where
 * the machine's devices are known. Throws ENTITLEMENT_DENIED.
 */
export function checkEntitlements(
  stages: readonly StagePlan[],
  { allow, network }: Pick<PlanOptions, "allow" | "network">,
): void {
  const { plain } = parseEntitlements(allow);
  // A request that makes `host` the default has allowed it.
  const granted = new Set(network === "host" ? [...plain, "network.host"] : plain);
  for (const step of stages.flatMap(({ steps }) => steps)) {
    const denied = privilegesOf(step).find((entitlement) => !granted.has(entitlement));
    if (denied)
      throw new SlipwayError("ENTITLEMENT_DENIED", `entitlement ${denied} is not allowed`, {
        source: step.source,
        hint: `add \`--allow ${denied}\` if you trust this Dockerfile with it`,
        facts: { entitlement: denied },
      });
  }
}

function privilegesOf(step: Step): readonly string[] {
  if (step.kind !== "run") return [];
  return [
    ...(step.network === "host" ? ["network.host"] : []),
    ...(step.security === "insecure" ? ["security.insecure"] : []),
  ];
}
