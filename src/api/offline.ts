import { SlipwayError } from "../core/errors.ts";
import { redactCredentials } from "../core/redact-credentials.ts";
import { familiarName, type Reference } from "../image/reference.ts";

/** What `--offline` says where something is not on this machine: its name, and how it gets here. */
export function offline(what: string, hint: string): SlipwayError<"OFFLINE"> {
  return new SlipwayError("OFFLINE", `${what}, and --offline keeps slipway from asking for it`, { hint });
}

export function offlineImage(reference: Reference): SlipwayError<"OFFLINE"> {
  const name = familiarName(reference);
  return offline(`the image ${name} is not in the store`, `get it with slipway pull ${name}`);
}

export function offlineUrl(url: string): SlipwayError<"OFFLINE"> {
  return offline(
    `what ${redactCredentials(url)} serves is not in the store`,
    "build once without --offline: downloads are kept until the store is pruned",
  );
}

export function offlineGit(remote: string, ref: string | undefined): SlipwayError<"OFFLINE"> {
  return offline(
    `nothing here tells which commit ${ref ?? "HEAD"} of ${remote} is`,
    "name the commit itself, or write a lock with slipway lock while there is a network",
  );
}

export function offlineCheckout(remote: string, commit: string): SlipwayError<"OFFLINE"> {
  return offline(
    `commit ${commit} of ${remote} is not on this machine`,
    "build once without --offline, so that the step is in the cache, or clone it and give the folder as a context",
  );
}
