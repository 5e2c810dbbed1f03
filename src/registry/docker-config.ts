import { randomBytes } from "node:crypto";
import { open, readFile, realpath, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";
import { makeFolders } from "../sys/make-folders.ts";

type Json = Readonly<Record<string, unknown>>;

/** One member of `auths`; which fields are there depends on the program that wrote it. */
export interface AuthEntry {
  /** Base64 of `user:password`. */
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  /** An OAuth2 refresh token. */
  readonly identitytoken?: string;
  /** A bearer token as it is. */
  readonly registrytoken?: string;
}

/** Docker's `config.json`, as far as it is about credentials; everything else stays in `raw`. */
export interface DockerConfig {
  readonly auths: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore: string | undefined;
  readonly raw: Json;
}

const AUTH_FIELDS = ["auth", "username", "password", "identitytoken", "registrytoken"] as const;

/** Reads the file; a missing or empty one is an empty configuration. Throws `USAGE` where it is not what Docker writes. */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const raw = parse(await readOrEmpty(path), path);
  return {
    auths: mapObject(raw.auths, (value) => authEntry(value)),
    credHelpers: mapObject(raw.credHelpers, (value) => (typeof value === "string" ? value : undefined)),
    credsStore: typeof raw.credsStore === "string" && raw.credsStore ? raw.credsStore : undefined,
    raw,
  };
}

/** Replaces the `auths` member, atomically and with mode 0600; everything else in the file is kept. */
export async function writeAuths(
  path: string,
  edit: (auths: Json) => Readonly<Record<string, unknown>>,
): Promise<void> {
  try {
    makeFolders(dirname(path), 0o700);
    // A configuration kept elsewhere and linked to stays a link.
    const target = await realpath(path).catch(() => path);
    const raw = parse(await readOrEmpty(target), path);
    const next = { ...raw, auths: edit(isObject(raw.auths) ? raw.auths : {}) };
    await replaceFile(target, `${JSON.stringify(next, undefined, "\t")}\n`);
  } catch (error) {
    throw describeSystemError(error, `writing ${path}`);
  }
}

async function replaceFile(target: string, text: string): Promise<void> {
  const temporary = `${target}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "";
    throw describeSystemError(error, `reading ${path}`);
  }
}

/** The parser's own message would quote the text, and with it a secret. */
function parse(text: string, path: string): Json {
  if (text.trim() === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid(path, "is not valid JSON");
  }
  if (!isObject(value)) throw invalid(path, "is not a JSON object");
  return value;
}

function authEntry(value: unknown): AuthEntry {
  if (!isObject(value)) return {};
  const pairs = AUTH_FIELDS.map((field) => [field, value[field]] as const);
  return Object.fromEntries(pairs.filter(([, v]) => typeof v === "string" && v !== ""));
}

function mapObject<T>(value: unknown, map: (value: unknown) => T | undefined): Readonly<Record<string, T>> {
  const result = Object.create(null) as Record<string, T>;
  for (const [key, member] of Object.entries(isObject(value) ? value : {})) {
    const mapped = map(member);
    if (mapped !== undefined) result[key] = mapped;
  }
  return result;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(path: string, problem: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `${path} ${problem}`, {
    hint: "repair the file, or remove it and log in again",
    facts: { file: path },
  });
}
