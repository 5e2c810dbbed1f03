/** The command, and what it starts inside of a user namespace. Both are in one bundle, for one compile cache. */
export type Part = "cli" | "namespace";

/** Runs a part to its end. */
export function runPart(part: Part): void {
  const started = part === "cli" ? import("./main.ts") : import("./namespace.ts");
  started.then(({ main }) => main());
}
