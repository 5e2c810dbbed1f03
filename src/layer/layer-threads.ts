import { WorkerPool } from "./worker-pool.ts";

/**
 * The threads of this process. They are shared by all builds in it, as its processors are; nothing of a task outlives the task.
 * Packing has its own, so that it never waits for an archive that comes slowly over a network.
 */
export const PACKERS = new WorkerPool(2);
export const READERS = new WorkerPool(2);
