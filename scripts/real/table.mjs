// The table of `npm run real`.
const COLUMNS = [
  "case".padEnd(18),
  "build s".padStart(8),
  "again s".padStart(8),
  "size MB".padStart(8),
  " result",
];
/** Lines of a log that are shown where a case fails. */
const LOG_LINES = 40;

export function printTitle() {
  process.stdout.write(`\n${COLUMNS.join(" ")}\n`);
}

export function printResult({ name }, { seconds, againSeconds, bytes, differences = [], error }) {
  const number = (value) => (value === undefined ? "" : value.toFixed(value < 100 ? 1 : 0)).padStart(8);
  const megabytes = bytes === undefined ? undefined : bytes / 1e6;
  const cells = [name.padEnd(18), number(seconds), number(againSeconds), number(megabytes)];
  const result = error ? "NOT SO" : differences.length > 0 ? `ok, ${differences.length} differences` : "ok";
  process.stdout.write(`${cells.join(" ")}  ${result}\n`);
  for (const difference of differences) process.stdout.write(`    ${difference}\n`);
  if (error) process.stdout.write(`${indented(explanation(error))}\n`);
}

function explanation(error) {
  const log = (error.log ?? error.stack ?? "").trimEnd().split("\n").slice(-LOG_LINES);
  return [error.message, ...log].join("\n");
}

function indented(text) {
  return text.replaceAll(/^/gm, "    ");
}

/** Prints the outcome and gives the exit code. */
export function printSummary(results) {
  const failed = results.filter(({ error }) => error);
  const total = (member) => results.reduce((sum, result) => sum + (result[member] ?? 0), 0).toFixed(1);
  process.stdout.write(`\n${total("seconds")} s of building, ${total("againSeconds")} s of building again\n`);
  process.stdout.write(`real: ${results.length - failed.length} passed, ${failed.length} failed\n`);
  return failed.length === 0 ? 0 : 1;
}
