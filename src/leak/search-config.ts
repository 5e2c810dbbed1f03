import type { ImageConfig } from "../image/config.ts";
import type { SecretMatch, SecretSearch } from "./secret-search.ts";

/** A secret in the config of an image, or in what is said of it elsewhere. */
export interface ConfigFinding {
  readonly match: SecretMatch;
  /** `environment variable TOKEN`, `label org.example`, `history (RUN …)` without the value. */
  readonly place: string;
  /** Position of the history item, where it is one. */
  readonly history?: number;
  /** How the history item of an instruction begins that writes there: `ENV`, with a part that it has in it, such as `TOKEN=`. */
  readonly writtenBy?: { readonly instruction: string; readonly part: string };
}

/** Instructions, by the members of a config that they write. */
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  User: "USER",
  ExposedPorts: "EXPOSE",
  Entrypoint: "ENTRYPOINT",
  Cmd: "CMD",
  Volumes: "VOLUME",
  WorkingDir: "WORKDIR",
  StopSignal: "STOPSIGNAL",
  Healthcheck: "HEALTHCHECK",
  Shell: "SHELL",
};

/** Goes through every text of an image config. `baseHistory`: how many items of the history came with the base. */
export function searchConfig(
  image: ImageConfig,
  search: SecretSearch,
  baseHistory = 0,
): readonly ConfigFinding[] {
  const { config, history, author } = image;
  const findings: ConfigFinding[] = [];
  const look = (place: Omit<ConfigFinding, "match">, value: unknown): void => {
    for (const text of textsOf(value))
      for (const match of search.all(Buffer.from(text))) findings.push({ ...place, match });
  };
  const { Env = [], Labels = {}, ...others } = config;
  for (const pair of Env) {
    const [name] = pair.split("=", 1);
    look(
      { place: `environment variable ${name}`, writtenBy: { instruction: "ENV", part: `${name}=` } },
      pair,
    );
  }
  for (const [name, value] of Object.entries(Labels))
    look({ place: `label ${name}`, writtenBy: { instruction: "LABEL", part: `${name}=` } }, [name, value]);
  for (const [name, value] of Object.entries(others)) {
    const instruction = INSTRUCTIONS[name];
    const writtenBy = instruction === undefined ? {} : { writtenBy: { instruction, part: "" } };
    look({ place: `${name} of the config`, ...writtenBy }, value);
  }
  look({ place: "author", writtenBy: { instruction: "MAINTAINER", part: "" } }, author);
  for (const [i, item] of history.entries())
    if (i >= baseHistory) look({ place: "history", history: i }, item);
  return findings;
}

/** All texts in a value, names of members included. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...textsOf(member)]);
}
