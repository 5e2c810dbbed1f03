import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { kindOf } from "../case.ts";
import type { Failure, Observation } from "../observation.ts";
import { readAnswer } from "../observe/answer.ts";
import { readFolder } from "../observe/folder.ts";
import { readLayout } from "../observe/oci-layout.ts";
import { readTar } from "../observe/tar.ts";
import { type ProcessResult, run } from "../process.ts";
import { buildArguments } from "./arguments.ts";
import type { Task } from "./builder.ts";

export interface Program {
  readonly name: string;
  /** What comes before the arguments of `build`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What of the standard error is the error itself. */
  readonly causeOf: (stderr: string) => string;
}

/** Runs a program on a case, and reads what it made. */
export async function observe(program: Program, task: Task): Promise<Observation> {
  const { spec, workspace, placeholders } = task;
  const result = join(workspace.root, `result-${program.name}`);
  rmSync(result, { recursive: true, force: true });
  mkdirSync(result);
  const started = Date.now() / 1000;
  const done = await run([...program.command, ...buildArguments(task, result)], {
    cwd: workspace.context,
    env: { ...program.env, ...fillAll(spec.env ?? {}, task) },
    ...(spec.stdin === undefined ? {} : { input: readFileSync(join(workspace.extra, spec.stdin)) }),
  });
  const observed = JSON.stringify(observationOf(done, { task, result, started, program }));
  return JSON.parse(placeholders.restore(observed)) as Observation;
}

function fillAll(values: Readonly<Record<string, string>>, { placeholders }: Task): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, placeholders.fill(value)]));
}

interface Surroundings {
  readonly task: Task;
  readonly result: string;
  readonly started: number;
  readonly program: Program;
}

function observationOf(done: ProcessResult, { task, result, started, program }: Surroundings): Observation {
  const kind = kindOf(task.spec);
  const answer = kind === "call" ? readAnswer(done.stdout.toString()) : undefined;
  const failure = done.code === 0 ? undefined : answer ? WITH_ANSWER : failureOf(done, program);
  const outcome = failure ? { outcome: "failure" as const, failure } : { outcome: "success" as const };
  if (kind === "call") return { ...outcome, answer };
  if (failure) return outcome;
  switch (kind) {
    case "image":
      return { ...outcome, images: readLayout(join(result, "layout"), { started, known: task.known }) };
    case "tar":
      return { ...outcome, files: readTar(readFileSync(join(result, "files.tar")), started) };
    case "local":
      return { ...outcome, files: readFolder(join(result, "files"), started) };
    default:
      return kind satisfies never;
  }
}

/** What is wrong is in the answer. */
const WITH_ANSWER: Failure = { cause: "", lines: [], text: "" };

function failureOf(done: ProcessResult, program: Program): Failure {
  return { cause: program.causeOf(done.stderr), lines: markedLines(done.stderr), text: done.stderr };
}

/** Numbers of the lines marked with `>>>` in excerpts of a Dockerfile, of which an error may have several. */
function markedLines(stderr: string): readonly number[] {
  const marked = [...stderr.matchAll(/^ *(\d+) \| >>>/gm)].map((match) => Number(match[1]));
  return [...new Set(marked)].sort((a, b) => a - b);
}
