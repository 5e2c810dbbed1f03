import type { FixResult } from "../api/fix-dockerfile.ts";

/** What was mended in a Dockerfile and what is left, a line for each. */
export function fixSummary({ file, fixed, left }: FixResult, isDryRun: boolean): string {
  const lines = [
    ...fixed.map(
      ({ rule, source }) => `${file}:${source.start}: ${rule}: ${isDryRun ? "can be mended" : "mended"}`,
    ),
    ...left.map(({ rule, source, reason }) => `${file}:${source.start}: ${rule}: left to you, ${reason}`),
  ];
  return lines.length === 0 ? `${file}: nothing to mend\n` : lines.map((line) => `${line}\n`).join("");
}
