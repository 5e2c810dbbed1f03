import type { ContainerConfig } from "../image/config.ts";

/** `$NAME` and `${NAME}` with the image's values; what the image does not set stays as it is, for the sake of `awk '{print $1}'`. */
export function substitute(text: string, config: Pick<ContainerConfig, "Env">): string {
  const values = variablesOf(config);
  return text.replace(/\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g, (whole, braced?: string, plain?: string) => {
    return values.get(braced ?? plain ?? "") ?? whole;
  });
}

/** Variables of an image by name. */
export function variablesOf({ Env }: Pick<ContainerConfig, "Env">): ReadonlyMap<string, string> {
  return new Map(
    (Env ?? []).map((pair) => {
      const at = pair.indexOf("=");
      return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
