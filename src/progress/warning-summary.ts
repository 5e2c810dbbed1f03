import type { BuildEvent } from "../core/events.ts";
import { LINT_RULES, type LintRule } from "../dockerfile/lint-rules.ts";
import { safeName } from "./safe-text.ts";
import { sourceLines, splitLines } from "./source-lines.ts";

type Warning = Extract<BuildEvent, { type: "warning" }>;

/** The warnings of a build as they stand at its end (SPEC CL-06); each text once, in the order of the events. */
export class WarningSummary {
  readonly #expand: boolean;
  readonly #warnings = new Map<string, Warning>();
  /** Lines of the Dockerfile by the name that ranges use. */
  readonly #sources = new Map<string, readonly string[]>();

  /** With `expand`, what a rule is about, its page and the lines of the Dockerfile are shown, too. */
  constructor(expand = false) {
    this.#expand = expand;
  }

  apply(event: BuildEvent): void {
    if (event.type === "build.start" && this.#expand && event.text !== undefined)
      this.#sources.set(event.dockerfile, splitLines(event.text));
    if (event.type !== "warning") return;
    const text = warningText(event);
    if (!this.#warnings.has(text)) this.#warnings.set(text, event);
  }

  /** What is to be shown now; nothing of it is shown again. */
  take(): string[] {
    const count = this.#warnings.size;
    if (count === 0) return [];
    const hint = this.#expand ? "" : " (use --debug to expand)";
    const lines = [`${count} ${count === 1 ? "warning" : "warnings"} found${hint}:`];
    for (const [text, warning] of this.#warnings)
      lines.push(` - ${text}`, ...(this.#expand ? details(warning, this.#sources) : []));
    this.#warnings.clear();
    return lines;
  }
}

function warningText({ rule, message, source }: Warning): string {
  const name = rule ? `${safeName(rule)}: ` : "";
  return `${name}${safeName(message)}${source ? ` (line ${source.start})` : ""}`;
}

function details({ rule, url, source }: Warning, sources: ReadonlyMap<string, readonly string[]>): string[] {
  const about = rule !== undefined && isRule(rule) ? [LINT_RULES[rule].description] : [];
  const page = url === undefined ? [] : [`More info: ${safeName(url)}`];
  const place = source ? sourceLines(source, sources.get(source.file)) : [];
  return [...about, ...page, ...place, ""];
}

function isRule(name: string): name is LintRule {
  return Object.hasOwn(LINT_RULES, name);
}
