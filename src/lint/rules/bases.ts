import { referenceIfValid } from "../../image/reference.ts";
import type { Judge } from "../rule.ts";

/** LatestBase, UnpinnedBase: not said of stages, scratch, named contexts, what a lock pins, and of names that are not known. */
export const judgeBases: Judge = ({ stages, replaced, locked }, say) => {
  for (const { base, parent, parsed } of stages) {
    if (base === undefined || parent || base === "scratch" || replaced(base)) continue;
    const reference = referenceIfValid(base, { addLatest: false });
    if (!reference || reference.digest || locked?.(base)) continue;
    if (reference.tag === undefined || reference.tag === "latest")
      say("LatestBase", `The base ${base} has no version: it is whatever \`latest\` is today`, parsed.from);
    else say("UnpinnedBase", `The base ${base} has no digest`, parsed.from);
  }
};
