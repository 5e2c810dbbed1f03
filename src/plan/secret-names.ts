import { looksSecret } from "../core/secret-name.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Warn } from "./warnings.ts";

export function warnOfSecret(
  keyword: "ARG" | "ENV",
  key: string,
  at: { source: SourceRange; warn: Warn },
): void {
  if (!looksSecret(key)) return;
  at.warn(
    "SecretsUsedInArgOrEnv",
    `Do not use ARG or ENV instructions for sensitive data (${keyword} "${key}")`,
    at.source,
  );
}
