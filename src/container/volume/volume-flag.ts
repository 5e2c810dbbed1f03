import { resolve } from "node:path";
import { SlipwayError } from "../../core/errors.ts";
import {
  IGNORED_MODES,
  type MountRequest,
  mountTarget,
  PROPAGATIONS,
  refusePropagation,
} from "./mount-request.ts";
import { isVolumeName } from "./volume-store.ts";

/**
 * Parses what `-v` says (SPEC DR-08): `/target` is an anonymous volume, `name:/target[:options]` a named one, `/source:/target[:options]`
 * a path of this machine, which may be relative where it begins with a dot. Pure. Throws `USAGE`.
 */
export function parseVolumeFlag(text: string, cwd: string): MountRequest {
  const fields = text.split(":");
  if (fields.length > 3 || fields.includes("")) throw malformed(text);
  const [first = "", second, third = ""] = fields;
  if (second === undefined)
    return { type: "volume", target: mountTarget(first, text), readOnly: false, anonymous: true };
  const target = mountTarget(second, text);
  const { readOnly, noCopy } = parseModes(third, text);
  if (first.startsWith("/") || first.startsWith(".")) {
    if (noCopy) throw new SlipwayError("USAGE", `${JSON.stringify(text)}: nocopy is for volumes`);
    return { type: "bind", source: resolve(cwd, first), target, readOnly, makesSource: true };
  }
  if (!isVolumeName(first))
    throw new SlipwayError(
      "USAGE",
      `${JSON.stringify(first)} in ${JSON.stringify(text)} is no name of a volume`,
      {
        hint: "for a folder of this machine write its path, beginning with / or ./",
      },
    );
  return { type: "volume", name: first, target, readOnly, anonymous: false, ...(noCopy ? { noCopy } : {}) };
}

interface Modes {
  readonly readOnly: boolean;
  readonly noCopy: boolean;
}

function parseModes(text: string, whole: string): Modes {
  const modes = text.split(",").filter(Boolean);
  for (const mode of modes) {
    if (PROPAGATIONS.has(mode)) refusePropagation(mode, whole);
    // Labels of SELinux, which nothing here has.
    if (["ro", "rw", "nocopy", "z", "Z"].includes(mode) || IGNORED_MODES.has(mode)) continue;
    throw new SlipwayError(
      "USAGE",
      `unknown volume option ${JSON.stringify(mode)} in ${JSON.stringify(whole)}`,
      {
        hint: "use ro, rw or nocopy",
      },
    );
  }
  if (modes.includes("ro") && modes.includes("rw"))
    throw new SlipwayError("USAGE", `${JSON.stringify(whole)} is both ro and rw`);
  return { readOnly: modes.includes("ro"), noCopy: modes.includes("nocopy") };
}

function malformed(text: string): SlipwayError<"USAGE"> {
  return new SlipwayError("USAGE", `invalid volume ${JSON.stringify(text)}`, {
    hint: "write /path/here:/path/inside[:ro], name:/path/inside[:ro] or /path/inside",
  });
}
