import { SlipwayError } from "../core/errors.ts";
import { idOf } from "../image/user-id.ts";
import type { Hardening } from "./profile.ts";

/** Whether an image with this USER runs as root, as far as the word itself says so. */
export function isRootWord(user: string): boolean {
  const [name = ""] = user.split(":");
  return name === "" || name === "root" || idOf(name) === 0;
}

/** Before anything is built, as far as the word itself says it. Throws `HARDEN_REFUSED`. */
export function requireOrdinaryUser({ profile }: Hardening, user: string, setsUser: boolean): void {
  if (profile === "strict" && setsUser && isRootWord(user)) throw rootRefused(user);
}

/** What the profile strict says to an image that somebody wants to run as root. */
export function rootRefused(user: string): SlipwayError<"HARDEN_REFUSED"> {
  return new SlipwayError(
    "HARDEN_REFUSED",
    `the profile strict does not let the image run as root (USER ${user})`,
    {
      hint: "end the Dockerfile with an ordinary USER, leave USER out so that an account is made, or use --harden=default",
    },
  );
}
