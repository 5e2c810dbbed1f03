import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { type Environment, runProcess } from "../sys/process.ts";
import { printable } from "./redact.ts";

/** User name and secret as a credential helper keeps them. */
export interface HelperEntry {
  readonly username: string;
  readonly secret: string;
}

export interface HelperOptions {
  /** Every variable the helper sees; `PATH` decides where it is found. */
  readonly environment: Environment;
  /** Default 30 seconds, in milliseconds: a helper may ask the user something. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** The helpers' own library ends with one of these texts when there is nothing to give. */
const NOTHING = /credentials not found|no credentials server URL|no credentials username/i;

/**
 * Talks to `docker-credential-<name>` (protocol of the docker-credential-helpers project: the verb is the argument, the
 * server's address or a JSON object comes on standard input). Failures are `REGISTRY_UNAUTHORIZED` and name the helper.
 */
export class CredentialHelper {
  readonly program: string;
  readonly #options: HelperOptions;

  /** Throws `USAGE` for a name that is not a plain file name. */
  constructor(name: string, options: HelperOptions) {
    if (!NAME.test(name)) {
      throw new SlipwayError("USAGE", `${JSON.stringify(name)} is not the name of a credential helper`, {
        hint: "credHelpers and credsStore take the part after docker-credential-",
      });
    }
    this.program = `docker-credential-${name}`;
    this.#options = options;
  }

  /** What is kept for a server; undefined where there is nothing. */
  async get(server: string): Promise<HelperEntry | undefined> {
    const { exitCode, stdout, stderr } = await this.#run("get", server);
    if (exitCode !== 0) {
      const text = `${stdout} ${stderr}`;
      if (NOTHING.test(text)) return undefined;
      throw this.#failed(printable(text) || `it ended with code ${exitCode}`);
    }
    return this.#parse(stdout.toString());
  }

  async store(server: string, entry: HelperEntry): Promise<void> {
    const message = { ServerURL: server, Username: entry.username, Secret: entry.secret };
    const { exitCode, stdout, stderr } = await this.#run("store", JSON.stringify(message));
    if (exitCode !== 0) throw this.#failed(printable(`${stdout} ${stderr}`).replaceAll(entry.secret, "…"));
  }

  /** Idempotent. */
  async erase(server: string): Promise<void> {
    const { exitCode, stdout, stderr } = await this.#run("erase", server);
    const text = `${stdout} ${stderr}`;
    if (exitCode !== 0 && !NOTHING.test(text)) throw this.#failed(printable(text));
  }

  async #run(verb: string, input: string) {
    const { environment, timeoutMs = 30_000, signal } = this.#options;
    try {
      return await runProcess([this.program, verb], {
        env: environment,
        stdin: Buffer.from(input),
        timeoutMs,
        maxOutput: 1024 * 1024,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (isSlipwayError(error, "CANCELLED")) throw error;
      throw this.#failed(error instanceof Error ? error.message : String(error), error);
    }
  }

  #parse(text: string): HelperEntry | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#failed("its answer is not JSON");
    }
    const { Username: username, Secret: secret } = (value ?? {}) as Record<string, unknown>;
    if (typeof username !== "string" || typeof secret !== "string") {
      throw this.#failed("its answer has no Username and Secret");
    }
    return username === "" && secret === "" ? undefined : { username, secret };
  }

  #failed(reason: string, cause?: unknown): SlipwayError<"REGISTRY_UNAUTHORIZED"> {
    return new SlipwayError(
      "REGISTRY_UNAUTHORIZED",
      `the credential helper ${this.program} failed: ${reason}`,
      {
        cause,
        hint: `check that ${this.program} works, or remove it from Docker's config.json`,
        facts: { helper: this.program },
      },
    );
  }
}
