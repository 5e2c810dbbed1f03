/** Signals that go to the container's process instead of ending us. */
const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const;

export interface SignalForwarding {
  /** From now on there is somebody to pass them on to. */
  readonly onStarted: (kill: (signal: NodeJS.Signals) => void) => void;
  readonly restore: () => void;
}

/** Passes signals on to a container; those that come before it runs are passed on when it does. */
export function forwardSignals(): SignalForwarding {
  const early: NodeJS.Signals[] = [];
  let deliver = (signal: NodeJS.Signals): void => void early.push(signal);
  const before = FORWARDED.map((name) => [name, process.listeners(name)] as const);
  for (const name of FORWARDED) {
    process.removeAllListeners(name);
    process.on(name, () => deliver(name));
  }
  return {
    onStarted(kill) {
      deliver = kill;
      for (const signal of early.splice(0)) kill(signal);
    },
    restore() {
      for (const [name, listeners] of before) {
        process.removeAllListeners(name);
        for (const listener of listeners) process.on(name, listener as NodeJS.SignalsListener);
      }
    },
  };
}
