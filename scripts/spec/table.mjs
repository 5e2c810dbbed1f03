// How the coverage of the specification is printed.

/** The whole table: a block for each section, a line for each rule, and the sums. */
export function tableOf({ sections, problems }) {
  const blocks = sections.map((section) => [heading(section), ...section.rules.map(line)].join("\n"));
  return `${blocks.join("\n\n")}\n\n${sums(sections)}\n${problems.map((text) => `problem: ${text}\n`).join("")}`;
}

function heading({ name, rules }) {
  return `${name} (${rules.filter(isTested).length} of ${rules.length} tested)`;
}

function line(rule) {
  return `  ${rule.id.padEnd(6)} ${verdict(rule).padEnd(9)} ${rule.title}${rule.reason ? ` -- ${rule.reason}` : ""}`;
}

function verdict(rule) {
  if (rule.problem?.startsWith("fails")) return "FAILS";
  if (rule.passed > 0) return `${rule.passed} passed`;
  return rule.reason ? "-" : "MISSING";
}

function sums(sections) {
  const rules = sections.flatMap((section) => section.rules);
  const explained = rules.filter((rule) => !isTested(rule) && rule.reason);
  const open = rules.length - rules.filter(isTested).length - explained.length;
  return `${rules.length} rules: ${rules.filter(isTested).length} with a passing test, ${explained.length} without and with a reason, ${open} open`;
}

function isTested(rule) {
  return rule.passed > 0 && !rule.problem?.startsWith("fails");
}
