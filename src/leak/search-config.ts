import type { ImageConfig } from "../image/config.ts";
import type { SecretMatch, SecretSearch } from "./secret-search.ts";

/** A secret in the config of an image, or in what is said of it elsewhere. */
export interface ConfigFinding {
  readonly match: SecretMatch;
  /** `environment variable TOKEN`, `label org.example`, `history (RUN …)` without the value. */
  readonly place: string;
  /** Position of the history item, where it is one. */
  readonly history?: number;
}

/** Goes through every text of an image config. `baseHistory`: how many items of the history came with the base. */
export function searchConfig(
  image: ImageConfig,
  search: SecretSearch,
  baseHistory = 0,
): readonly ConfigFinding[] {
  const { config, history, author } = image;
  const findings: ConfigFinding[] = [];
  const look = (place: string, value: unknown, at?: number): void => {
    for (const text of textsOf(value))
      for (const match of search.all(Buffer.from(text)))
        findings.push({ match, place, ...(at === undefined ? {} : { history: at }) });
  };
  const { Env = [], Labels = {}, ...others } = config;
  for (const pair of Env) look(`environment variable ${pair.split("=", 1)[0]}`, pair);
  for (const [name, value] of Object.entries(Labels)) look(`label ${name}`, [name, value]);
  for (const [name, value] of Object.entries(others)) look(`${name} of the config`, value);
  look("author", author);
  for (const [i, item] of history.entries()) if (i >= baseHistory) look("history", item, i);
  return findings;
}

/** All texts in a value, names of members included. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...textsOf(member)]);
}
