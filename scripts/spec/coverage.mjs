// From the report of the suite to what it says about the rules of the specification. Pure: no files, no processes.

const ID = "(?:[A-Z]{2}|A[1-9])-\\d+";
const MENTION = new RegExp(`\\b(${ID})(?: to (${ID}))?\\b`, "g");

/** The rules that a text names, ranges such as `CP-16 to CP-19` spelt out; a range takes the numbers between, known or not. */
export function idsIn(text) {
  return [...text.matchAll(MENTION)].flatMap(([, first, last]) => (last ? range(first, last) : [first]));
}

function range(first, last) {
  const [family, from] = parts(first);
  const [otherFamily, to] = parts(last);
  if (family !== otherFamily || from > to) throw new Error(`${first} to ${last} is no range of rules`);
  const width = first.length - family.length - 1;
  return Array.from(
    { length: to - from + 1 },
    (_, step) => `${family}-${String(from + step).padStart(width, "0")}`,
  );
}

function parts(id) {
  const dash = id.indexOf("-");
  return [id.slice(0, dash), Number(id.slice(dash + 1))];
}

/** By rule, how many tests that name it passed and which did not. Takes a report of vitest's JSON reporter. */
export function testsByRule(report) {
  const found = new Map();
  for (const file of report.testResults)
    for (const test of file.assertionResults)
      for (const id of new Set(idsIn([...(test.ancestorTitles ?? []), test.title].join(" ")))) {
        const entry = found.get(id) ?? { passed: 0, failed: [] };
        if (test.status === "passed") entry.passed++;
        if (test.status === "failed") entry.failed.push(test.title);
        found.set(id, entry);
      }
  return found;
}

/**
 * What is to be said about every rule. `rules` has the titles by id by section, `reasons` says for an id or a range why no
 * test is expected. Problems are what makes the gate close.
 */
export function coverage(rules, reasons, report) {
  const tests = testsByRule(report);
  const reasonOf = new Map(
    Object.entries(reasons).flatMap(([ids, reason]) => idsIn(ids).map((id) => [id, reason])),
  );
  const sections = Object.entries(rules).map(([name, titles]) => ({
    name,
    rules: Object.entries(titles).map(([id, title]) => ({
      id,
      title,
      ...state(tests.get(id), reasonOf.get(id)),
    })),
  }));
  const known = new Set(sections.flatMap((section) => section.rules.map((rule) => rule.id)));
  const unknown = [...new Set([...tests.keys(), ...reasonOf.keys()])].filter((id) => !known.has(id)).sort();
  const problems = sections.flatMap(({ rules: all }) =>
    all.filter(({ problem }) => problem).map(({ id, problem }) => `${id}: ${problem}`),
  );
  return { sections, problems: [...problems, ...unknown.map((id) => `${id}: there is no such rule`)] };
}

function state(tests, reason) {
  const passed = tests?.passed ?? 0;
  if (tests?.failed.length > 0) return { passed, reason, problem: `fails: ${tests.failed.join("; ")}` };
  if (passed > 0 && reason) return { passed, reason, problem: `has a test, and a reason to have none` };
  if (passed === 0 && !reason) return { passed, reason, problem: "has neither a passing test nor a reason" };
  return { passed, reason };
}
