import type { ExposeInstruction } from "../dockerfile/instructions.ts";
import { expandWordsIn } from "./expansion.ts";
import { plainList } from "./history-text.ts";
import { expandPortSpec, type PortSpec, splitPortSpec } from "./port-spec.ts";
import { type Call, configured, type StageState } from "./stage-state.ts";

/** EXPOSE: arguments in byte order, then expanded with splitting, then ranges spread out (SPEC CF-07, CF-09). */
export function interpretExpose(state: StageState, call: Call<ExposeInstruction>): StageState {
  const sorted = call.instruction.ports.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const ports = sorted
    .flatMap((text) => expandWordsIn(state, call, text))
    .flatMap((text) => {
      const spec = splitPortSpec(text);
      warnOfFormat(spec, call);
      const expanded = expandPortSpec(spec);
      call.stage.build.budget.entries(expanded.length);
      return expanded;
    });
  return configured(state, state.config, `EXPOSE ${plainList(ports)}`, ({ ExposedPorts }) => {
    for (const port of ports) ExposedPorts.add(port);
  });
}

function warnOfFormat({ raw, ip, hostPort, protocol }: PortSpec, { instruction, stage }: Call): void {
  const { warn } = stage.build;
  if (protocol !== protocol.toLowerCase())
    warn(
      "ExposeProtoCasing",
      `Defined protocol '${raw}' in EXPOSE instruction should be lowercase`,
      instruction,
    );
  if (ip !== "" || hostPort !== "")
    warn(
      "ExposeInvalidFormat",
      `EXPOSE instruction should not define an IP address or host-port mapping, found '${raw}'`,
      instruction,
    );
}
