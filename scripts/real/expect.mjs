// Comparing what a program printed with what a case expects.

/** Something is not as a case says; `log` is what the programs printed. */
export class Failure extends Error {
  constructor(message, log = "") {
    super(message);
    this.log = log;
  }
}

/**
 * `exit` (default 0), `stdout` and `stderr` are exact, `contains` is a part of standard output, `lines` are its lines in any order.
 */
export function expectOutput(result, { exit = 0, stdout, stderr, contains, lines }, what) {
  const log = result.stdout + result.stderr;
  if (result.code !== exit) throw new Failure(`${what}: ended with ${result.code}, not ${exit}`, log);
  for (const [name, expected] of Object.entries({ stdout, stderr }))
    if (expected !== undefined && result[name] !== expected)
      throw new Failure(`${what}: ${name} is\n${quote(result[name])}\nnot\n${quote(expected)}`, log);
  if (contains !== undefined && !result.stdout.includes(contains))
    throw new Failure(`${what}: standard output does not contain ${quote(contains)}`, log);
  if (lines !== undefined) expectLines(result.stdout, lines, what);
}

function expectLines(text, lines, what) {
  const actual = text.split("\n").filter(Boolean).sort();
  const expected = [...lines].sort();
  const surplus = actual.filter((line) => !expected.includes(line));
  const missing = expected.filter((line) => !actual.includes(line));
  if (surplus.length + missing.length > 0 || actual.length !== expected.length)
    throw new Failure(`${what}: surplus lines ${quote(surplus)}, missing lines ${quote(missing)}`, text);
}

function quote(value) {
  return JSON.stringify(value);
}
