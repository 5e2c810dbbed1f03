import { copyBigFile } from "./big-file.ts";
import { cachedHundredRuns, cachedSixSteps } from "./cached-steps.ts";
import { archiveFiles, copyFiles, copyFilesCached, copyFilesChanged, pushChanged } from "./many-files.ts";
import { pullBase } from "./pull.ts";
import { sleepingStages, twentyRuns } from "./run-steps.ts";
import type { Workload } from "./workload.ts";

/** The rows of the table, in its order. */
export const WORKLOADS: readonly Workload[] = [
  cachedSixSteps,
  twentyRuns,
  copyFiles,
  copyFilesCached,
  copyFilesChanged,
  copyBigFile,
  sleepingStages,
  cachedHundredRuns,
  pullBase,
  archiveFiles,
  pushChanged,
];
