import { setTimeout as sleep } from "node:timers/promises";
import { cancelled, throwIfAborted } from "../core/cleanup-scope.ts";

/** How failed requests are repeated. Times in milliseconds. */
export interface RetryPolicy {
  /** How often one thing is tried, the first time included. */
  readonly attempts: number;
  /** Pause before the first repetition; doubled each time, with jitter. */
  readonly baseDelay: number;
  readonly maxDelay: number;
  /** The longest Retry-After that is waited for; a longer one ends the attempts. */
  readonly maxRetryAfter: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  attempts: 5,
  baseDelay: 300,
  maxDelay: 10_000,
  maxRetryAfter: 120_000,
};

/** The pause after the failed attempt number `attempt` (from 1): exponential, somewhere in its upper half. */
export function backoff(attempt: number, policy: RetryPolicy): number {
  const full = Math.min(policy.baseDelay * 2 ** (attempt - 1), policy.maxDelay);
  return full / 2 + (full / 2) * Math.random();
}

/** Milliseconds that a Retry-After header asks for (RFC 9110 §10.2.3: seconds or a date); undefined where it cannot be read. */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Answers that the same request may turn into better ones. */
export function isRetryableStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/** Waits; throws `CANCELLED` as soon as the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch {
    throw cancelled(signal);
  }
}
