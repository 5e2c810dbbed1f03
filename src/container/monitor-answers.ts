import type { ContainerRecord } from "./container-record.ts";
import { healthCheckOf } from "./health-check.ts";
import type { MonitorAnswer, MonitorRequest, WaitCondition } from "./monitor-socket.ts";
import type { StateWatch } from "./state-watch.ts";
import type { StopRequest } from "./stop-request.ts";

/** A container that is being looked after. */
export interface Supervised {
  readonly record: ContainerRecord;
  readonly state: StateWatch;
  readonly stop: StopRequest;
  /** It stays when it has ended, even if it was made to remove itself. */
  keep(): void;
}

/** Does what another process asks for. */
export async function answerRequest(on: Supervised, request: MonitorRequest): Promise<MonitorAnswer> {
  switch (request.kind) {
    case "stop": {
      const { signal, timeout, keeps } = request;
      if (keeps) on.keep();
      const settings = {
        ...(signal === undefined ? {} : { signal }),
        ...(timeout === undefined ? {} : { timeout }),
      };
      await on.stop.request(settings);
      return { ok: true, exitCode: on.state.now.exitCode };
    }
    case "signal": {
      const { signal } = request;
      if (on.stop.send(signal, on.stop.isEnd(signal))) return { ok: true };
      return { ok: false, message: `container ${on.record.name} is not running` };
    }
    case "wait":
      return waitFor(on, request.condition);
    default:
      request satisfies never;
      return { ok: false, message: "unknown request" };
  }
}

async function waitFor({ record, state }: Supervised, condition: WaitCondition): Promise<MonitorAnswer> {
  const { name, image, options } = record;
  switch (condition) {
    case "running":
      if (await state.until(({ status }) => status === "running")) return { ok: true };
      return { ok: false, message: `container ${name} has ended` };
    case "healthy":
      if (!healthCheckOf(image.config, options.health))
        return { ok: false, message: `container ${name} has no health check` };
      if (await state.until(({ status, health }) => status === "running" && health?.Status === "healthy"))
        return { ok: true };
      return { ok: false, message: `container ${name} ended before it was healthy` };
    case "not-running":
    case "removed":
      await state.until(() => false);
      return { ok: true, exitCode: state.now.exitCode };
    default:
      condition satisfies never;
      return { ok: false, message: `unknown condition ${String(condition)}` };
  }
}
