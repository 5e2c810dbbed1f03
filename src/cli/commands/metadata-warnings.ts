import type { BuildWarning } from "../../api/build-options.ts";
import { LINT_RULES, type LintRule } from "../../dockerfile/lint-rules.ts";
import { rangesOf, sourceInfo } from "./call-json.ts";

/** Warnings as `buildx.build.warnings` has them; their texts are base64, as those of every byte string there (SPEC 8.1). */
export function metadataWarnings(warnings: readonly BuildWarning[], sources: ReadonlyMap<string, string>) {
  return warnings.map(({ rule, message, source, url }) => {
    const text = source && sources.get(source.file);
    const place = source ? ` (line ${source.start})` : "";
    return {
      level: 1,
      short: base64(`${rule ? `${rule}: ` : ""}${message}${place}`),
      ...(rule && Object.hasOwn(LINT_RULES, rule)
        ? { detail: [base64(LINT_RULES[rule as LintRule].description)] }
        : {}),
      ...(url ? { url } : {}),
      ...(source && text !== undefined
        ? { sourceInfo: sourceInfo({ name: source.file, bytes: Buffer.from(text) }), range: rangesOf(source) }
        : {}),
    };
  });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
