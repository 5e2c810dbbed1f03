import { throwIfAborted } from "../core/cleanup-scope.ts";

/**
 * Does `work` for every item, at most `limit` at a time. After the first failure no item is begun, the others' signal is
 * aborted, and the failure is thrown when all of them have come to rest: nothing goes on behind the caller's back.
 */
export async function inParallel<T>(
  items: readonly T[],
  options: { readonly limit: number; readonly signal?: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  throwIfAborted(options.signal);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const queue = items.values();
  let failure: { readonly error: unknown } | undefined;
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (signal.aborted) return;
      try {
        await work(item, signal);
      } catch (error) {
        failure ??= { error };
        stop.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.limit, items.length) }, worker));
  if (failure) throw failure.error;
  throwIfAborted(options.signal);
}
