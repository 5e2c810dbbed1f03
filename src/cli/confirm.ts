import { createInterface } from "node:readline/promises";
import { SlipwayError } from "../core/errors.ts";
import type { CliContext } from "./cli-context.ts";

/** Asks whether `what` is to be removed. Throws `USAGE` where nobody can answer. */
export async function isConfirmed({ stdin, stderr }: CliContext, what: string): Promise<boolean> {
  if (!stdin.isTTY) throw new SlipwayError("USAGE", "nobody is there to confirm", { hint: "add --force" });
  const prompt = createInterface({ input: stdin, output: stderr });
  const answer = await prompt.question(`This removes ${what}. Continue? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(answer.trim());
}
