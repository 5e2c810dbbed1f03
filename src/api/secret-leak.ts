import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import type { SecretMatch } from "../leak/secret-search.ts";
import type { Step } from "../plan/graph.ts";

/** A secret where it must not be. */
export interface Leak {
  readonly match: Pick<SecretMatch, "id" | "kind" | "encoding">;
  readonly place: string;
  /** The step or instruction that put it there, where that is known. Its name has no value in it. */
  readonly step?: Pick<Step, "name" | "source">;
}

const HINT =
  "nothing was named, exported or pushed; read secrets with RUN --mount=type=secret and leave them out of files, ARG and ENV; what is meant to be there passes with --allow-secret-leak ID";

/** Names places, steps and secrets, never a value. */
export function leaked(leaks: readonly Leak[]): SlipwayError<"SECRET_LEAKED"> {
  const lines = leaks.map((leak) => `  ${described(leak)}`);
  const locations = leaks.flatMap(({ step }) => (step ? [step.source] : []));
  const facts = {
    leaks: leaks.map(({ match, place, step }) => ({
      place,
      id: match.id,
      kind: match.kind,
      encoding: match.encoding,
      ...(step ? { step: step.name, line: step.source.start } : {}),
    })),
  };
  return new SlipwayError("SECRET_LEAKED", ["the result holds secrets:", ...new Set(lines)].join("\n"), {
    facts,
    hint: HINT,
    ...(locations[0] ? { source: locations[0] } : {}),
  });
}

function described({ match, place, step }: Leak): string {
  const written = match.encoding === "raw" ? "" : `, ${match.encoding}`;
  const origin = step ? `, from ${step.name} (${step.source.file}:${step.source.start})` : "";
  return `${printableName(place)}: ${match.kind} ${JSON.stringify(match.id)}${written}${origin}`;
}
