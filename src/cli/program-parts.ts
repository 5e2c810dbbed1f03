/** The command, what it starts inside of a user namespace, and what looks after a detached container. All are in one bundle, for one compile cache. */
export type Part = "cli" | "namespace" | "monitor";

const PARTS = {
  cli: () => import("./main.ts"),
  namespace: () => import("./namespace.ts"),
  monitor: () => import("./monitor.ts"),
} as const;

/** Runs a part to its end. */
export function runPart(part: Part): void {
  void PARTS[part]().then(({ main }) => main());
}
