import { isSlipwayError } from "../core/errors.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { CredentialSource } from "./credentials.ts";
import { basic, fetchToken, type Token } from "./token.ts";
import type { Transport } from "./transport.ts";

/** Who is asked, and about what. */
export interface AuthTarget {
  /** The registry's host as the user knows it: the key of its credentials. */
  readonly host: string;
  /** `https://host:port`: the only place the result may be sent to. */
  readonly origin: string;
  readonly repository: string;
  readonly insecure: boolean;
  /** `repository:name:pull` and the like. */
  readonly scopes: readonly string[];
}

/** `repository:<name>:<actions>` (distribution: token scopes). */
export function repositoryScope(repository: string, actions: "pull" | "pull,push" | "delete"): string {
  return `repository:${repository}:${actions}`;
}

/**
 * Makes Authorization headers. Learns a host's way of authentication from its first challenge; tokens are kept until they
 * expire, one for each set of scopes, and fetched once even if several transfers want them. Credentials are looked up
 * only when a registry asks for them.
 */
export class Authorizer {
  readonly #credentials: CredentialSource | undefined;
  readonly #transport: Transport;
  readonly #challenges = new Map<string, Challenge>();
  readonly #tokens = new Map<string, Promise<Token>>();

  constructor(transport: Transport, credentials: CredentialSource | undefined) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  /** The header for a host that has challenged us before; undefined where nothing is known or wanted. */
  async header(target: AuthTarget, signal?: AbortSignal): Promise<string | undefined> {
    const challenge = this.#challenges.get(target.origin);
    return challenge && this.#answer(challenge, target, signal);
  }

  /**
   * The header that answers a 401. `rejected` is the header that was sent. Undefined where there is nothing better to
   * send: no credentials, or a kind of authentication that is not spoken here.
   */
  async renew(
    target: AuthTarget,
    wwwAuthenticate: string | readonly string[] | undefined,
    rejected: string | undefined,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const offered = parseChallenges(wwwAuthenticate);
    const challenge = offered.find((c) => c.scheme === "bearer") ?? offered.find((c) => c.scheme === "basic");
    if (!challenge) return undefined;
    // The scope is that of this request only.
    const { scope: _, ...lasting } = challenge.parameters;
    this.#challenges.set(target.origin, { ...challenge, parameters: lasting });
    if (rejected !== undefined) await this.#forget(challenge, target, rejected);
    const header = await this.#answer(challenge, target, signal);
    return header === rejected ? undefined : header;
  }

  async #answer(challenge: Challenge, target: AuthTarget, signal?: AbortSignal): Promise<string | undefined> {
    if (challenge.scheme === "bearer")
      return `Bearer ${(await this.#token(challenge, target, signal)).value}`;
    const credentials = await this.#credentials?.lookup(target.host, target.repository, signal);
    if (credentials?.kind === "password") return basic(credentials);
    return credentials?.kind === "bearer-token" ? `Bearer ${credentials.token}` : undefined;
  }

  async #token(challenge: Challenge, target: AuthTarget, signal?: AbortSignal): Promise<Token> {
    const key = tokenKey(challenge, target);
    for (let pending = this.#tokens.get(key); pending; pending = this.#tokens.get(key)) {
      const known = await pending.catch((error: unknown) => {
        // Whoever fetched it gave up; that is no answer for this caller.
        if (isSlipwayError(error, "CANCELLED") && !signal?.aborted) return undefined;
        throw error;
      });
      if (known && known.expiresAt > Date.now()) return known;
      if (this.#tokens.get(key) === pending) this.#tokens.delete(key);
    }
    const fetched = this.#fetch(challenge, target, signal);
    this.#tokens.set(key, fetched);
    fetched.catch(() => {
      if (this.#tokens.get(key) === fetched) this.#tokens.delete(key);
    });
    return fetched;
  }

  async #fetch(challenge: Challenge, target: AuthTarget, signal?: AbortSignal): Promise<Token> {
    const { host, repository, insecure } = target;
    const credentials = await this.#credentials?.lookup(host, repository, signal);
    if (credentials?.kind === "bearer-token") {
      return { value: credentials.token, expiresAt: Number.POSITIVE_INFINITY };
    }
    const { realm = "", service } = challenge.parameters;
    const scopes = wantedScopes(challenge, target);
    return fetchToken(this.#transport, { host, realm, service, scopes, credentials, insecure, signal });
  }

  async #forget(challenge: Challenge, target: AuthTarget, rejected: string): Promise<void> {
    const key = tokenKey(challenge, target);
    const known = this.#tokens.get(key);
    const token = await known?.catch(() => undefined);
    if (token && `Bearer ${token.value}` === rejected && this.#tokens.get(key) === known)
      this.#tokens.delete(key);
  }
}

/** What we need, and what the registry says is needed besides. */
function wantedScopes(challenge: Challenge, target: AuthTarget): readonly string[] {
  const asked = (challenge.parameters.scope ?? "").split(" ").filter((scope) => scope !== "");
  const covered = (scope: string): boolean => target.scopes.some((own) => covers(own, scope));
  return [...target.scopes, ...asked.filter((scope) => !covered(scope))];
}

function covers(own: string, other: string): boolean {
  const split = (scope: string): [string, string[]] => {
    const colon = scope.lastIndexOf(":");
    return [scope.slice(0, colon), scope.slice(colon + 1).split(",")];
  };
  const [ownName, ownActions] = split(own);
  const [name, actions] = split(other);
  return ownName === name && actions.every((action) => ownActions.includes(action));
}

function tokenKey(challenge: Challenge, target: AuthTarget): string {
  const { realm, service } = challenge.parameters;
  return JSON.stringify([target.origin, target.host, realm, service, target.scopes]);
}
