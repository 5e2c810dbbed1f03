import { SlipwayError } from "../core/errors.ts";
import { formatPlatform, type Platform } from "../core/platform.ts";
import type { Environment, Variable } from "./environment.ts";

/** ARGs that steer attestations and never become variables (SPEC SC-12). */
export const NON_ENVIRONMENT_ARGS: ReadonlySet<string> = new Set([
  "BUILDKIT_SBOM_SCAN_CONTEXT",
  "BUILDKIT_SBOM_SCAN_STAGE",
]);

const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"] as const;

/** The global scope before the first ARG (SPEC SC-01); a build-arg of the same name wins (SC-02). */
export function predefinedArgs(request: {
  readonly buildPlatform: Platform;
  readonly targetPlatform: Platform;
  readonly targetStage: string;
  readonly buildArgs: ReadonlyMap<string, string>;
}): Environment {
  const { buildPlatform, targetPlatform, buildArgs } = request;
  const variables: Variable[] = [
    ["BUILDPLATFORM", formatPlatform(buildPlatform)],
    ...platformParts("BUILD", buildPlatform),
    ["TARGETPLATFORM", formatWithVersion(targetPlatform)],
    ...platformParts("TARGET", targetPlatform),
    ["TARGETSTAGE", request.targetStage],
  ];
  return new Map(variables.map(([key, value]): Variable => [key, buildArgs.get(key) ?? value]));
}

function platformParts(prefix: string, p: Platform): Variable[] {
  return [
    [`${prefix}OS`, p.os],
    [`${prefix}OSVERSION`, p.osVersion ?? ""],
    [`${prefix}ARCH`, p.architecture],
    [`${prefix}VARIANT`, p.variant ?? ""],
  ];
}

/** `os(version)/arch[/variant]`. */
export function formatWithVersion(p: Platform): string {
  return formatPlatform(p.osVersion ? { ...p, os: `${p.os}(${p.osVersion})` } : p);
}

/**
 * Proxy variables for RUN processes, in upper and lower case (SPEC SC-11). Of several spellings of one proxy the last in
 * byte order wins. Empty values are left out.
 */
export function proxyVariables(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  const values = new Map<string, string>();
  for (const key of [...buildArgs.keys()].sort()) values.set(key.toUpperCase(), buildArgs.get(key)!);
  return PROXIES.flatMap((name) => {
    const value = values.get(name);
    return value ? [`${name}=${value}`, `${name.toLowerCase()}=${value}`] : [];
  });
}

/** The shell of shell-form commands where no SHELL is set (SPEC RN-01). */
export function defaultShell(os: string): readonly string[] {
  return os === "windows" ? ["cmd", "/S", "/C"] : ["/bin/sh", "-c"];
}

const REMOVED_SWITCH = "BUILDKIT_DISABLE_FILEOP";

/** Refuses a control argument that has no meaning any more (SPEC SC-13). Throws USAGE. */
export function checkControlArgs(buildArgs: ReadonlyMap<string, string>): void {
  if (!/^(1|t|true)$/i.test(buildArgs.get(REMOVED_SWITCH) ?? "")) return;
  throw new SlipwayError("USAGE", `build argument ${REMOVED_SWITCH}=true is no longer supported`, {
    hint: `leave --build-arg ${REMOVED_SWITCH} out`,
  });
}
