import { looksSecret } from "../core/secret-name.ts";
import { goQuote } from "../dockerfile/go-quote.ts";
import type { ArgInstruction, EnvInstruction } from "../dockerfile/instructions.ts";
import type { Call } from "./stage-state.ts";

/** SPEC §7 SecretsUsedInArgOrEnv. */
export function warnOfSecret(
  key: string,
  { instruction, stage }: Call<ArgInstruction | EnvInstruction>,
): void {
  if (!looksSecret(key)) return;
  stage.build.warn(
    "SecretsUsedInArgOrEnv",
    `Do not use ARG or ENV instructions for sensitive data (${instruction.kind} ${goQuote(key)})`,
    instruction,
  );
}
