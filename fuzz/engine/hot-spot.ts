import { type Profiler, Session } from "node:inspector";

/** Runs `work` and names the functions that took most of its time, the costliest first. */
export async function hotSpot(work: () => Promise<unknown>): Promise<readonly string[]> {
  const session = new Session();
  session.connect();
  try {
    session.post("Profiler.enable");
    session.post("Profiler.setSamplingInterval", { interval: 500 });
    session.post("Profiler.start");
    await work();
    let names: readonly string[] = [];
    session.post("Profiler.stop", (_error, answer) => {
      names = costliest(answer.profile);
    });
    return names;
  } finally {
    session.disconnect();
  }
}

function costliest({ nodes, samples = [] }: Profiler.Profile): readonly string[] {
  const nameOf = new Map(
    nodes.map(({ id, callFrame }) => [id, callFrame.functionName || "an anonymous function"]),
  );
  const counts = new Map<string, number>();
  for (const id of samples) {
    const name = nameOf.get(id) ?? "?";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const real = [...counts].filter(([name]) => !/^\((?:idle|program|root)\)$/.test(name));
  return real
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([name]) => name);
}
