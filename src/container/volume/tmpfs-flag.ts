import { SlipwayError } from "../../core/errors.ts";
import { mountTarget, type TmpfsRequest } from "./mount-request.ts";

/** As Docker mounts one that nothing else is said of. */
const DEFAULTS = ["noexec", "mode=1777"];

/** Options of mount(8) that do not give a container more than it may have; `dev` would let it open devices. */
const PLAIN =
  /^(rw|ro|exec|noexec|suid|nosuid|nodev|sync|async|atime|noatime|diratime|nodiratime|relatime|norelatime|strictatime|nostrictatime)$/;
const VALUED =
  /^(size=\d+[kmgKMG%]?|mode=[0-7]{1,4}|uid=\d+|gid=\d+|nr_inodes=\d+[kmgKMG]?|nr_blocks=\d+[kmgKMG]?|mpol=[\w:=,-]+)$/;

/** Parses what `--tmpfs` says: `/target[:options]`. Pure. Throws `USAGE`. */
export function parseTmpfsFlag(text: string): TmpfsRequest {
  const at = text.indexOf(":");
  const path = at < 0 ? text : text.slice(0, at);
  const options =
    at < 0
      ? []
      : text
          .slice(at + 1)
          .split(",")
          .filter(Boolean);
  for (const option of options) checkOption(option, text);
  return {
    type: "tmpfs",
    target: mountTarget(path, text),
    readOnly: options.includes("ro"),
    options: [
      // Runtimes do not all let a later word win.
      ...DEFAULTS.filter((option) => !options.some((given) => isSame(given, option))),
      ...options.filter((option) => option !== "ro" && option !== "rw"),
    ],
  };
}

/** The same for `--mount type=tmpfs`, which has two options. */
export function tmpfsRequest(
  target: string,
  { readOnly, size, mode }: { readonly readOnly: boolean; readonly size?: number; readonly mode?: number },
): TmpfsRequest {
  const options = [
    ...(mode === undefined ? DEFAULTS : DEFAULTS.filter((option) => !option.startsWith("mode="))),
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(mode === undefined ? [] : [`mode=${mode.toString(8)}`]),
  ];
  return { type: "tmpfs", target, readOnly, options };
}

/** Whether an option says the same thing, in another way. */
function isSame(given: string, option: string): boolean {
  const name = (text: string) => text.split("=", 1)[0]!.replace(/^no/, "");
  return name(given) === name(option);
}

function checkOption(option: string, text: string): void {
  if (PLAIN.test(option) || VALUED.test(option)) return;
  throw new SlipwayError(
    "USAGE",
    `unknown option ${JSON.stringify(option)} of the tmpfs ${JSON.stringify(text)}`,
    {
      hint: "for example --tmpfs /run:size=64m,mode=755,exec",
    },
  );
}
