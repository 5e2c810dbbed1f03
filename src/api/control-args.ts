import { SlipwayError } from "../core/errors.ts";
import { goBoolean } from "../core/go-boolean.ts";

/** A build argument that steers the build by being true or false (SPEC SC-13); undefined where it is missing or empty. Throws `USAGE`. */
export function booleanArg(
  buildArgs: Readonly<Record<string, string>> | undefined,
  name: string,
): boolean | undefined {
  const text = buildArgs?.[name];
  if (!text) return undefined;
  const value = goBoolean(text);
  if (value !== undefined) return value;
  throw new SlipwayError("USAGE", `build argument ${name} is true or false, not ${JSON.stringify(text)}`);
}
