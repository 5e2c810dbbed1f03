import { formsOf, type SecretForm } from "../../src/leak/encodings.ts";
import { type KnownSecret, SHORTEST_SECRET, trimmed } from "../../src/leak/known-secret.ts";
import { SecretRedactor } from "../../src/leak/redact-secrets.ts";
import { SecretSearch } from "../../src/leak/secret-search.ts";
import type { Random } from "../engine/random.ts";
import { joinParts, must, type Target } from "../engine/target.ts";
import { text as oddText } from "../grammar/text.ts";
import { type Place, placesOf } from "./plain-search.ts";

/** Inputs beyond that are too much for a search that looks everywhere. */
const COMPARABLE = 3000;
const MOST_SECRETS = 4;
const MOST_PIECES = 2000;

/**
 * The search for secrets, against one that tries every form at every place; and the redactor, whose result must not depend on how its
 * input is cut.
 */
export const secretSearchTarget: Target = {
  name: "secret-search",
  about:
    "the search for secrets in all their forms, and redaction of what comes in pieces, against a plain search",
  seeds: [
    ["correcthorse", "xxcorrecthorsecorrecthorse correcthors"],
    [
      "p@ss/w0rd+9 x7Kq?2",
      `${Buffer.from("uu:p@ss/w0rd+9 x7Kq?2").toString("base64")} p%40ss%2Fw0rd%2B9%20x7Kq%3F2`,
    ],
    ["aaaaaaaa", "aaaaaaaaab", "aaaaaaaaaaaaaaaaaaaaaaab"],
    ["line one of it\ntok_a8F3k29dkq01zzQ\n", "tok_a8F3k29dkq01zzQ", "x tok_a8F3k29dkq01zzQline one of it\n"],
  ].map(joinParts),
  dictionary: ["aaaaaaaa", "%2F", "%2f", "+", "tok_a8F3k29dkq01zzQ", "\n", "=="],
  generate: (random) => {
    const values = random.several(1, MOST_SECRETS, () => secretValue(random));
    const pieces = random.several(1, 8, () => piece(random, values));
    return joinParts([...values, pieces.join("")].map((text) => text.replaceAll("\0", "")));
  },
  run: (input) => {
    const bytes = Buffer.from(input);
    const parts = splitBytes(bytes).slice(-MOST_SECRETS - 1);
    const text = parts.at(-1)!;
    const secrets = parts
      .slice(0, -1)
      .map((value, i): KnownSecret => ({ id: `s${i}`, kind: "secret", value }));
    const search = new SecretSearch(secrets);
    const forms = secrets
      .filter(({ value }) => trimmed(value).length >= SHORTEST_SECRET)
      .flatMap(({ value }) => formsOf(value));
    checkRedaction(search, text, bytes);
    if (text.length > COMPARABLE || forms.length > 200) return;
    checkShown(search, text, forms);
    const places = forms.flatMap((form) => placesOf(form, text));
    for (let from = 0; from <= text.length; ) {
      const found = search.next(text, from);
      const expected = firstOf(places, from);
      must(
        found?.start === expected?.start && found?.end === expected?.end,
        () => `from ${from}: ${found?.start}-${found?.end} instead of ${expected?.start}-${expected?.end}`,
      );
      if (!found) return;
      from = found.start + 1;
    }
  },
};

/** Parts are separated by NUL; bytes stay as they are. */
export function splitBytes(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(0); at >= 0; at = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, at));
    start = at + 1;
  }
  parts.push(bytes.subarray(start));
  return parts;
}

function firstOf(places: readonly Place[], from: number): Place | undefined {
  let best: Place | undefined;
  for (const place of places) {
    if (place.start < from) continue;
    if (!best || place.start < best.start || (place.start === best.start && place.end > best.end))
      best = place;
  }
  return best;
}

/** However the text is cut, the same is shown; and what is shown has no secret in it. */
function checkRedaction(search: SecretSearch, text: Buffer, seed: Buffer): void {
  const whole = redacted(search, [text]);
  const first = seed[0] ?? 1;
  for (const size of [1 + (first % 7), 1 + (first % 61)]) {
    const count = Math.ceil(text.length / size);
    if (count > MOST_PIECES) continue;
    const pieces = Array.from({ length: count }, (_, i) => text.subarray(i * size, (i + 1) * size));
    must(redacted(search, pieces).equals(whole), () => `cut after ${size} bytes it is shown in another way`);
  }
  if (search.secrets.length > 0 && search.next(text) === undefined)
    must(whole.equals(text), () => "a text without secrets was changed");
}

/** All that is no part of a secret is shown, and nothing else. */
function checkShown(search: SecretSearch, text: Buffer, forms: readonly SecretForm[]): void {
  if (text.includes("[secret")) return;
  const isSecret = new Uint8Array(text.length);
  for (const form of forms) for (const { start, end } of placesOf(form, text)) isSecret.fill(1, start, end);
  const plain = text.filter((_, i) => isSecret[i] === 0);
  const shown = redacted(search, [text])
    .toString("latin1")
    .replace(/\[secret s\d\]/g, "");
  must(
    shown === Buffer.from(plain).toString("latin1"),
    () => "something else is shown than what is no secret",
  );
}

function redacted(search: SecretSearch, pieces: readonly Buffer[]): Buffer {
  const redactor = new SecretRedactor(search, () => {});
  return Buffer.concat([...pieces.map((piece) => redactor.push(piece)), redactor.end()]);
}

function secretValue(random: Random): string {
  return random
    .several(1, 12, () =>
      random.pick(["a", "b", "aab", "/", "+", " ", "%", "é", "tok_a8F3k29dkq01zzQ", "\n", oddText(random)]),
    )
    .join("");
}

function piece(random: Random, values: readonly string[]): string {
  const value = random.pick(values);
  switch (random.below(7)) {
    case 0:
      return Buffer.from(`${"x".repeat(random.below(4))}${value}${"y".repeat(random.below(3))}`).toString(
        "base64",
      );
    case 6:
      return Buffer.from(`${"x".repeat(random.below(90))}${value}`)
        .toString("base64")
        .replace(
          random.pick([/.{64}/g, /.{76}/g, /.{17}/g, /.{15}/g]),
          random.pick(["$&\n", "$&\r\n", "$&\r"]),
        );
    case 1:
      return encodeURIComponent(value.toWellFormed());
    case 2:
      return value.slice(0, random.below(value.length + 1));
    case 3:
      return oddText(random);
    default:
      return value;
  }
}
