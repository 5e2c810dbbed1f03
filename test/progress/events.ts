import type { BuildEvent, StageSize } from "../../src/core/events.ts";

const DIGEST = `sha256:${"ab".repeat(32)}` as const;

/** The parts of an event that a test cares about; time in ms. */
export const event = {
  start: (time: number, id: string, name: string): BuildEvent => ({ type: "step.start", time, id, name }),
  cached: (time: number, id: string, name: string): BuildEvent => ({ type: "step.cached", time, id, name }),
  log: (
    time: number,
    id: string,
    text: string | Uint8Array,
    stream: "stdout" | "stderr" = "stdout",
  ): BuildEvent => ({
    type: "step.log",
    time,
    id,
    stream,
    data: typeof text === "string" ? new TextEncoder().encode(text) : text,
  }),
  miss: (time: number, id: string, reason: string): BuildEvent => ({
    type: "step.miss",
    time,
    id,
    reason,
    changed: [],
  }),
  done: (time: number, id: string, duration: number, note?: string): BuildEvent => ({
    type: "step.done",
    time,
    id,
    duration,
    ...(note ? { note } : {}),
  }),
  error: (time: number, id: string, duration: number, message: string): BuildEvent => ({
    type: "step.error",
    time,
    id,
    duration,
    code: "RUN_FAILED",
    message,
  }),
  cancelled: (time: number, id: string): BuildEvent => ({ type: "step.cancelled", time, id }),
  transfer: (time: number, id: string, item: string, current: number, total?: number): BuildEvent => ({
    type: "step.progress",
    time,
    id,
    item,
    current,
    ...(total === undefined ? {} : { total }),
  }),
  buildDone: (time: number, stages: readonly StageSize[] = []): BuildEvent => ({
    type: "build.done",
    time,
    imageId: DIGEST,
    names: ["shop:1"],
    stages,
  }),
  buildError: (time: number): BuildEvent => ({
    type: "build.error",
    time,
    code: "RUN_FAILED",
    message: "it failed",
  }),
};

export const TWO_STAGES: readonly StageSize[] = [
  {
    index: 0,
    name: "builder",
    base: "debian:bookworm",
    layers: 3,
    own: 150_000_000,
    total: 300_000_000,
    isTarget: false,
  },
  { index: 1, base: "scratch", layers: 2, own: 1_500_000, total: 1_500_000, isTarget: true },
];

/** Two stages at once: a cached step, output with a line cut in two, a transfer, a warning, and a result. */
export const SMALL_BUILD: readonly BuildEvent[] = [
  { type: "build.start", time: 0, dockerfile: "Dockerfile" },
  {
    type: "plan",
    time: 1,
    stages: [
      {
        index: 0,
        name: "builder",
        base: "debian:bookworm",
        steps: [{ id: "0.0", name: "[builder 1/1] RUN make" }],
      },
      { index: 1, base: "scratch", steps: [{ id: "1.0", name: "[stage-1 1/1] COPY --from=builder /app /" }] },
    ],
    skippedStages: ["docs"],
  },
  event.start(2, "pull", "[builder] FROM debian:bookworm"),
  event.transfer(100, "pull", "sha256:1234", 1_000_000, 50_000_000),
  event.transfer(900, "pull", "sha256:1234", 50_000_000, 50_000_000),
  event.done(1000, "pull", 998),
  event.start(1000, "0.0", "[builder 1/1] RUN make"),
  event.miss(1000, "0.0", "main.c changed"),
  event.log(1500, "0.0", "cc -o app "),
  event.log(1750, "0.0", "main.c\nlinking"),
  {
    type: "warning",
    time: 1800,
    rule: "JSONArgsRecommended",
    message: "use the JSON form",
    source: { file: "Dockerfile", start: 7, end: 7 },
  },
  event.done(3000, "0.0", 2000),
  event.cached(3001, "1.0", "[stage-1 1/1] COPY --from=builder /app /"),
  event.buildDone(3100, TWO_STAGES),
];
