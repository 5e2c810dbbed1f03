import type { Finding } from "./findings.ts";
import { minimise } from "./minimise.ts";
import type { Target } from "./target.ts";
import { symptom } from "./verdict.ts";
import { runWatched, THREAD_LIMITS, type ThreadEnd } from "./watched-thread.ts";

export interface CampaignOptions {
  readonly target: Target;
  readonly seconds: number;
  readonly seed: number;
  readonly onFinding: (finding: Finding) => void;
}

export interface CampaignResult {
  readonly executions: number;
  readonly findings: number;
  readonly corpus: number;
  readonly parts: number;
}

/** An input that hangs or kills its thread costs a thread for every attempt to make it smaller. */
const MINIMISE_ATTEMPTS = 40;

/** Fuzzes one target for a while. A thread that an input brings down is replaced, and goes on with the next seed. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { target, seed } = options;
  const known = new Set<string>();
  const deadline = performance.now() + options.seconds * 1000;
  let [executions, corpus, parts] = [0, 0, 0];
  for (let round = 0; performance.now() < deadline; round++) {
    const request = {
      target: target.name,
      seed: seed + round,
      known: [...known],
      work: { kind: "fuzz", milliseconds: deadline - performance.now() },
    } as const;
    const run = await runWatched(request, (message) => {
      if (message.type !== "found") return;
      known.add(message.symptom.key);
      options.onFinding({
        ...message.symptom,
        target: target.name,
        seed: seed + round,
        input: message.input,
      });
    });
    executions += run.executions;
    if (run.end.kind === "done") ({ corpus, parts } = run.end);
    else if (run.executions === 0 && run.end.input.length === 0)
      throw new Error(`the thread of ${target.name} cannot be started: ${run.end.detail}`);
    else await reportFatal(run.end, { ...options, seed: seed + round }, known);
  }
  return { executions, findings: known.size, corpus, parts };
}

type Fatal = Exclude<ThreadEnd, { kind: "done" }>;

async function reportFatal(end: Fatal, options: CampaignOptions, known: Set<string>): Promise<void> {
  const key = `${end.kind}: ${end.detail.split("\n", 1)[0]}`;
  if (known.has(key)) return;
  known.add(key);
  const { target, seed } = options;
  const input = await minimise(
    end.input,
    (candidate) => endsAs(end.kind, target.name, candidate),
    MINIMISE_ATTEMPTS,
  );
  options.onFinding({ ...symptom(end.kind, key, end.detail), target: target.name, seed, input });
}

/** Tells whether a thread that runs this one input comes to that end. */
export async function endsAs(kind: Fatal["kind"], target: string, input: Buffer): Promise<boolean> {
  const request = { target, seed: 0, known: [], work: { kind: "once", input } } as const;
  const { end } = await runWatched(request, () => {}, { ...THREAD_LIMITS, hang: 3000 });
  return end.kind === kind;
}
