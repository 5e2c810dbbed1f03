/**
 * The HTTP client, loaded at first use. undici is CommonJS: bundled, a dynamic import gives its exports as `default` only, while Node
 * itself names them.
 */
export async function loadUndici(): Promise<typeof import("undici")> {
  const module = (await import("undici")) as typeof import("undici") & {
    readonly default?: typeof import("undici");
  };
  return module.default?.Agent ? module.default : module;
}
