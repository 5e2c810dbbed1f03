import type { BuildFlags } from "./build-flag-values.ts";

/**
 * One line for each given flag whose meaning is missing: command lines written for other builders work, and nobody
 * believes that a limit or an attestation is there.
 */
export function unsupportedFlags(flags: BuildFlags): readonly string[] {
  const given: readonly (readonly [string, boolean])[] = [
    ["--attest", flags.attest.some((spec) => !/(^|,)disabled=true(,|$)/.test(spec))],
    ["--cache-from", flags.cacheFrom.length > 0],
    ["--cache-to", flags.cacheTo.length > 0],
    ["--isolation", flags.isolation.some((value) => value !== "" && value !== "default")],
    ["--provenance", flags.provenance.some((value) => value !== "false")],
    ["--sbom", flags.sbom.some((value) => value !== "false")],
    ["--security-opt", flags.securityOpt.length > 0],
    ["--squash", flags.squash === true],
  ];
  return given.flatMap(([flag, isGiven]) => (isGiven ? [`${flag} is not supported yet and is ignored`] : []));
}
