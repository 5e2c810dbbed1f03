import type { Readable, Writable } from "node:stream";
import { SlipwayError } from "../core/errors.ts";
import type { EventSink } from "../core/events.ts";
import type { Environment } from "./environment.ts";

/** What an operation gets beside its options. */
export interface OperationContext {
  readonly environment: Environment;
  readonly onEvent: EventSink;
  readonly signal: AbortSignal;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** For a container: from now on signals are its own. */
  readonly onStarted: (kill: (signal: NodeJS.Signals) => void) => void;
}

export type Operation = (options: never, context: OperationContext) => Promise<unknown>;

/** Operations that may have to be done inside a user namespace, by name. */
const OPERATIONS: Readonly<Record<string, () => Promise<Operation>>> = {
  build: async () => {
    const { buildHere } = await import("./build.ts");
    return (options: Parameters<typeof buildHere>[0], { environment, onEvent, signal, stdout }) =>
      buildHere({ ...options, onEvent, signal, stdout }, environment);
  },
  run: async () => {
    const { superviseHere } = await import("./supervise-here.ts");
    return ({ id }: { readonly id: string }, context) => {
      const { environment, signal, onStarted, onEvent } = context;
      const onWarning = (message: string) => onEvent({ type: "warning", time: 0, message });
      return superviseHere(id, { signal, onStarted, onWarning, streams: context }, environment);
    };
  },
  "remove-containers": async () => {
    const { removeHere } = await import("./remove-container.ts");
    return (options: Parameters<typeof removeHere>[0], { environment }) => removeHere(options, environment);
  },
  "remove-volumes": async () => {
    const { removeVolumesHere } = await import("./volumes.ts");
    return (options: Parameters<typeof removeVolumesHere>[0], { environment }) =>
      removeVolumesHere(options, environment);
  },
  "container-copy": async () => {
    const { copyHere } = await import("./copy-here.ts");
    return (options: Parameters<typeof copyHere>[0], context) =>
      copyHere(options, context, context.environment);
  },
  "container-diff": async () => {
    const { diffHere } = await import("./container-files.ts");
    return (options: Parameters<typeof diffHere>[0], { environment }) => diffHere(options, environment);
  },
  "container-commit": async () => {
    const { commitHere } = await import("./container-files.ts");
    return (options: Parameters<typeof commitHere>[0], { environment }) => commitHere(options, environment);
  },
  "container-export": async () => {
    const { exportHere } = await import("./container-files.ts");
    return ({ name }: { readonly name: string }, { environment, stdout }) =>
      exportHere({ name, stdout }, environment);
  },
  preflight: async () => {
    const { preflightHere } = await import("./preflight-here.ts");
    return (options: Parameters<typeof preflightHere>[0], { environment, signal }) =>
      preflightHere({ ...options, signal }, environment);
  },
  "container-preflight": async () => {
    const { containerPreflightHere } = await import("./container-preflight-here.ts");
    return (options: Parameters<typeof containerPreflightHere>[0], { environment }) =>
      containerPreflightHere(options, environment);
  },
  test: async () => {
    const { testHere } = await import("./test-image.ts");
    return (options: Parameters<typeof testHere>[0], { environment, onEvent, signal }) => {
      const onWarning = (message: string) => onEvent({ type: "warning", time: 0, message });
      const onText = (text: string) => {
        const data = new TextEncoder().encode(text);
        onEvent({ type: "step.log", time: 0, id: "test", stream: "stdout", data });
      };
      return testHere({ ...options, signal, onWarning, onText }, environment);
    };
  },
  audit: async () => {
    const { auditHere } = await import("./audit.ts");
    return (options: Parameters<typeof auditHere>[0], { environment, signal }) =>
      auditHere({ ...options, signal }, environment);
  },
  "image-diff": async () => {
    const { diffImagesHere } = await import("./image-diff.ts");
    return (options: Parameters<typeof diffImagesHere>[0], { environment, signal }) =>
      diffImagesHere({ ...options, signal }, environment);
  },
  push: async () => {
    const { pushHere } = await import("./transfer.ts");
    return (options: Parameters<typeof pushHere>[0], { environment, signal }) =>
      pushHere({ ...options, signal }, environment);
  },
  save: async () => {
    const { saveHere } = await import("./transfer.ts");
    return (options: Parameters<typeof saveHere>[0], { environment, signal, stdout }) =>
      saveHere({ ...options, signal, stdout }, environment);
  },
  "disk-usage": async () => {
    const { diskUsageHere } = await import("./prune.ts");
    return (_: unknown, { environment }) => diskUsageHere(environment);
  },
  prune: async () => {
    const { pruneHere } = await import("./prune.ts");
    return (options: Parameters<typeof pruneHere>[0], { environment }) => pruneHere(options, environment);
  },
};

export function operations(name: string): (options: unknown, context: OperationContext) => Promise<unknown> {
  const load = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (!load) throw new SlipwayError("INTERNAL", `there is no operation ${name}`);
  return async (options, context) => (await load())(options as never, context);
}
