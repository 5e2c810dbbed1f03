import { SlipwayError } from "../core/errors.ts";
import type { DeviceRequest } from "../dockerfile/run-instruction.ts";
import type { StepDevices } from "../execute/run/run-options.ts";
import type { DeviceGrants } from "../plan/entitlements.ts";
import type { BuildPlan, RunStep } from "../plan/graph.ts";
import { mergeEdits, NO_EDITS } from "../runtime/cdi/device-edits.ts";
import {
  type DeviceRegistry,
  devicesNamed,
  isAutoAllowed,
  readDevices,
} from "../runtime/cdi/device-registry.ts";
import type { CdiDevice } from "../runtime/cdi/specification.ts";
import { once } from "./once.ts";

const NONE: StepDevices = { names: [], edits: NO_EDITS };

/** Finds the CDI devices that steps ask for, and judges whether they may have them (SPEC RX-03). */
export class BuildDevices {
  readonly #grants: DeviceGrants;
  readonly #notice: (message: string) => void;
  readonly #registry: () => Promise<DeviceRegistry>;

  constructor(folders: readonly string[], grants: DeviceGrants, notice: (message: string) => void) {
    this.#grants = grants;
    this.#notice = notice;
    this.#registry = once(() => readDevices(folders));
  }

  /** Before anything runs: throws what `of` throws, with the place in the Dockerfile. */
  async check(plan: BuildPlan): Promise<void> {
    for (const step of plan.stages.flatMap((stage) => stage.steps))
      if (step.kind === "run")
        await this.of(step).catch((error: unknown) => {
          throw error instanceof SlipwayError ? error.at(step.source) : error;
        });
  }

  /** Throws `ENTITLEMENT_DENIED`, `RUNTIME_UNAVAILABLE` (a required one is not there), `INSTRUCTION_INVALID`. */
  async of({ devices = [] }: RunStep): Promise<StepDevices> {
    if (devices.length === 0) return NONE;
    const registry = await this.#registry();
    for (const problem of registry.problems) this.#notice(problem);
    const chosen = new Map<string, CdiDevice>();
    for (const request of devices)
      for (const device of this.#granted(request, registry)) chosen.set(device.name, device);
    const edits = mergeEdits([...chosen.values()].flatMap((device) => device.edits));
    if (edits.ignored.length > 0)
      this.#notice(`parts of the CDI specification are not carried out: ${edits.ignored.join(", ")}`);
    return { names: [...chosen.keys()], edits };
  }

  #granted(request: DeviceRequest, registry: DeviceRegistry): readonly CdiDevice[] {
    const { all, names, aliases } = this.#grants;
    const alias = all ? undefined : aliases.get(request.name);
    const found = devicesNamed(registry, alias ?? request.name);
    if (found.length === 0) return this.#missing(request);
    if (all || alias !== undefined) return found;
    const granted = new Set(names.flatMap((name) => devicesNamed(registry, name)).map(({ name }) => name));
    const denied = found.filter((device) => !granted.has(device.name) && !isAutoAllowed(device));
    if (denied.length === 0) return found;
    const list = denied.map(({ name }) => name).join(", ");
    throw new SlipwayError(
      "ENTITLEMENT_DENIED",
      denied.length === 1
        ? `device ${list} is requested by the build but not allowed`
        : `devices ${list} are requested by the build but not allowed`,
      {
        hint: `add \`--allow device=${denied[0]!.name}\` if you trust this Dockerfile with it`,
        facts: { entitlement: "device" },
      },
    );
  }

  #missing({ name, required }: DeviceRequest): readonly CdiDevice[] {
    if (required)
      throw new SlipwayError(
        "RUNTIME_UNAVAILABLE",
        `required device ${JSON.stringify(name)} is not registered`,
        {
          hint: "describe it in a CDI specification in /etc/cdi, or leave out `required`",
        },
      );
    this.#notice(`the device ${name} is not there: the step runs without it`);
    return [];
  }
}
