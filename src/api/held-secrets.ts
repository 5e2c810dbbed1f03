import {
  isSearchable,
  type KnownSecret,
  secretArguments,
  unsearchedArguments,
} from "../leak/known-secret.ts";
import type { BuildOptions, SecretSource } from "./build-options.ts";
import { BuildSecrets } from "./build-secrets.ts";
import type { Environment } from "./environment.ts";
import { secretReader } from "./secrets.ts";

/** What a build has to keep to itself. */
export interface HeldSecrets {
  /** Undefined where it was given nothing of the kind. */
  readonly known?: BuildSecrets;
  /**
   * The secrets with the values that are searched for: steps get these, not what a file holds by then (a token that was renewed would be
   * searched for with its old value).
   */
  readonly sources: Readonly<Record<string, SecretSource>>;
  /** What is not searched for, for people. */
  readonly notices: readonly string[];
  /** Why a secret could not be read: the build must not go on, for it might be readable once a step asks for it. */
  readonly unread?: unknown;
}

/** Reads every secret, once. Never throws: what it met is told of in the right place. */
export async function holdSecrets(
  { secrets = {}, buildArgs = {}, allowSecretLeaks = [] }: BuildOptions,
  environment: Environment,
): Promise<HeldSecrets> {
  const read = secretReader(secrets, environment);
  const sources: Record<string, SecretSource> = { ...secrets };
  const values: KnownSecret[] = [];
  let unread: { readonly unread: unknown } | undefined;
  for (const id of Object.keys(secrets))
    try {
      const value = await read(id);
      if (!value) continue;
      sources[id] = { value };
      if (value.length > 0) values.push({ id, kind: "secret", value });
    } catch (error) {
      unread ??= { unread: error };
    }
  const known = [...values, ...secretArguments(buildArgs)];
  return {
    ...(known.length > 0 ? { known: new BuildSecrets(known, allowSecretLeaks) } : {}),
    sources,
    notices: noticesOf(values, buildArgs),
    ...unread,
  };
}

function noticesOf(
  values: readonly KnownSecret[],
  args: Readonly<Record<string, string>>,
): readonly string[] {
  const short = values.filter((secret) => !isSearchable(secret)).map(({ id }) => id);
  return [
    ...short.map((id) => `the secret ${JSON.stringify(id)} has fewer than 8 bytes: it is not searched for`),
    ...unsearchedArguments(args).map(
      (name) =>
        `the build argument ${JSON.stringify(name)} is named like a secret, but its value does not look random: it is not searched for; --secret would be`,
    ),
  ];
}
