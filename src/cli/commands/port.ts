import { inspectContainer } from "../../api/inspect-container.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { writeText } from "../write-text.ts";

/** `slipway port`: where the published ports of a container are reached, as Docker prints it. `wanted`: one of them, `80` or `53/udp`. */
export function portCommand(name: string, wanted?: string): (context: CliContext) => Promise<number> {
  return async ({ environment, stdout }) => {
    const document = await inspectContainer(name, environment);
    if (!document)
      throw new SlipwayError("CONTAINER_NOT_FOUND", `no such container: ${name}`, {
        hint: "`slipway ps -a` lists what is here",
      });
    const asked = wanted === undefined || wanted.includes("/") ? wanted : `${wanted}/tcp`;
    const lines = Object.entries(document.NetworkSettings.Ports).flatMap(([port, bindings]) => {
      if (asked !== undefined && port !== asked) return [];
      const places = (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}`);
      return asked === undefined ? places.map((place) => `${port} -> ${place}`) : places;
    });
    if (asked !== undefined && lines.length === 0)
      throw new SlipwayError("CONTAINER_STATE", `the port ${asked} of ${name} is not published`, {
        hint: "publish it with run -p; `slipway port` without a port lists what is published while it runs",
      });
    writeText(stdout, lines.map((line) => `${line}\n`).join(""));
    return EXIT.ok;
  };
}
