import type { Builder } from "../builders/builder.ts";
import { measureTask, type Rounds } from "../measure/rounds.ts";
import type { CurveReport } from "../report/report.ts";
import type { Site } from "../site/site.ts";
import type { Curve } from "./curves.ts";
import { judgeCurve, type MeasuredPoint } from "./judge.ts";

/** Measures our command at every point of a curve. @throws Error where a build fails */
export async function measureCurve(
  curve: Curve,
  ours: Builder,
  site: Site,
  rounds: Rounds,
): Promise<CurveReport> {
  const points: MeasuredPoint[] = [];
  for (const { label, work, maxRuns, task } of curve.points) {
    const runs = Math.min(rounds.runs, maxRuns);
    const result = await measureTask(task, [ours], site, { ...rounds, runs });
    const measured = result.builders[ours.name];
    if (!measured) throw new Error(`${task.name}: ${result.failures[ours.name]}`);
    points.push({ label, work, time: measured.seconds.median, memory: measured.memory });
  }
  return { name: curve.name, title: curve.title, points, verdict: judgeCurve(points) };
}
