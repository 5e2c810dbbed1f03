import { SlipwayError } from "../core/errors.ts";

/** What `--harden` may be told: `off` does nothing, `strict` does what `default` does and removes what a runtime image need not have. */
export const HARDEN_PROFILES = ["off", "default", "strict"] as const;
export type HardenProfile = (typeof HARDEN_PROFILES)[number];

/** What a build asks for. */
export interface Hardening {
  readonly profile: Exclude<HardenProfile, "off">;
  /** Paths in the image, absolute, that keep their rights and are not removed. */
  readonly keep: readonly string[];
}

/** Undefined where nothing is to be hardened. Throws `USAGE`. */
export function hardeningOf(
  profile: string | undefined,
  keep: readonly string[] = [],
): Hardening | undefined {
  if (profile !== undefined && !isProfile(profile))
    throw new SlipwayError("USAGE", `there is no hardening profile ${JSON.stringify(profile)}`, {
      hint: `use one of ${HARDEN_PROFILES.join(", ")}`,
    });
  if (profile === undefined && keep.length > 0)
    throw new SlipwayError("USAGE", "paths are to be kept as they are, but nothing is hardened", {
      hint: "write --harden beside --harden-keep",
    });
  for (const path of keep)
    if (!path.startsWith("/"))
      throw new SlipwayError("USAGE", `a path to keep has to be absolute: ${JSON.stringify(path)}`, {
        hint: `write --harden-keep /${path}`,
      });
  return profile === undefined || profile === "off"
    ? undefined
    : { profile, keep: [...new Set(keep)].sort() };
}

function isProfile(text: string): text is HardenProfile {
  return (HARDEN_PROFILES as readonly string[]).includes(text);
}
