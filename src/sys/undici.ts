/** What of undici the bundles have (`scripts/http-client.cjs`). */
export type HttpClient = Pick<typeof import("undici"), "Agent" | "EnvHttpProxyAgent" | "ProxyAgent">;

/**
 * The HTTP client, loaded at first use. undici is CommonJS: bundled, a dynamic import gives its exports as `default` only, while Node
 * itself names them.
 */
export async function loadUndici(): Promise<HttpClient> {
  const module = (await import("undici")) as HttpClient & { readonly default?: HttpClient };
  return module.default?.Agent ? module.default : module;
}
