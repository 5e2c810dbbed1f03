/** What Node's timers can wait at once; they take anything longer for one millisecond. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once after any number of milliseconds, as `setTimeout` does for up to 24 days. Gives the function that prevents it. */
export function startTimer(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (left: number): void => {
    timer = setTimeout(
      () => (left > LONGEST_MS ? arm(left - LONGEST_MS) : callback()),
      Math.min(left, LONGEST_MS),
    );
  };
  arm(ms);
  return () => clearTimeout(timer);
}
