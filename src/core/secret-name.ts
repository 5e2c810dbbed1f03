const SECRET_WORDS: ReadonlySet<string> = new Set(
  "apikey auth credential credentials key password pword passwd secret token".split(" "),
);
const HARMLESS_WORDS: ReadonlySet<string> = new Set(["public", "file", "version"]);

/** Tells whether a variable's name suggests a secret (SPEC §7 SecretsUsedInArgOrEnv). */
export function looksSecret(key: string): boolean {
  const words = key.toLowerCase().split("_");
  return words.some((word) => SECRET_WORDS.has(word)) && !words.some((word) => HARMLESS_WORDS.has(word));
}
