import { shownValue } from "./check-process.ts";
import type { Contract, EndpointRule, HostRule, PortRule } from "./contract.ts";
import { isPort } from "./contract-rules.ts";
import { type Finding, failed, unchecked } from "./finding.ts";
import { REMEDIES } from "./remedies.ts";
import type { Surroundings } from "./surroundings.ts";
import { expandTemplate, type Template, writtenHint } from "./template.ts";

/** Conditions about ports, host names and endpoints; all are tried at the same time. */
export async function checkNetwork(
  contract: Contract,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  const found = await Promise.all([
    ...contract.ports.map(async (rule) => checkPort(rule, surroundings)),
    ...contract.hosts.map((rule) => checkHost(rule, surroundings)),
    ...contract.tcp.map((rule) => checkEndpoint(rule, surroundings)),
  ]);
  return found.flat();
}

function checkPort(rule: PortRule, { network, variables }: Surroundings): Finding[] {
  const { protocol, hint = REMEDIES.port } = rule;
  const port = expandTemplate(rule.port, variables);
  if (!isPort(port))
    return [failed(`the port ${shownValue(port)} is no number from 1 to 65535${written(rule.port)}`, hint)];
  switch (network.portTaken(Number(port), protocol)) {
    case "no":
      return [];
    case "yes":
      return [failed(`the port ${port} (${protocol}) is taken`, hint)];
    default:
      return [
        unchecked(`the port ${port} (${protocol})`, "the container's network cannot be seen from outside"),
      ];
  }
}

async function checkHost(rule: HostRule, { network, variables }: Surroundings): Promise<Finding[]> {
  const { isLink, hint = isLink ? REMEDIES.link : REMEDIES.host } = rule;
  const name = expandTemplate(rule.name, variables);
  const resolved = name === "" ? "no" : await network.resolve(name);
  if (resolved === "unknown")
    return [
      unchecked(`the host name ${shownValue(name)}`, "the container's network cannot be seen from outside"),
    ];
  return resolved === "no"
    ? [failed(`the host name ${shownValue(name)} does not resolve${written(rule.name)}`, hint)]
    : [];
}

async function checkEndpoint(rule: EndpointRule, { network, variables }: Surroundings): Promise<Finding[]> {
  const { within, hint = REMEDIES.endpoint } = rule;
  const host = expandTemplate(rule.host, variables);
  const port = expandTemplate(rule.port, variables);
  const shown = shownValue(`${host}:${port}`);
  if (host === "" || !isPort(port))
    return [failed(`the endpoint ${shown} is not HOST:PORT${written(rule.host, rule.port)}`, hint)];
  const answer = await network.connect(host, Number(port), within);
  if (answer === "unknown")
    return [unchecked(`the endpoint ${shown}`, "the container's network cannot be seen from outside")];
  return answer === "no" ? [failed(`nothing answers at ${shown}`, hint)] : [];
}

/** Where a variable is not set, its name says more than what is left of the text. */
function written(...templates: readonly Template[]): string {
  const text = writtenHint(...templates);
  return text && ` (it is written ${text})`;
}
