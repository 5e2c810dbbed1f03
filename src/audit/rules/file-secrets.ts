import type { Entry } from "../../core/file-tree.ts";
import { findSecrets, maskSecret } from "../../secrets/find-secrets.ts";
import { type Finding, finding, type Origin } from "../finding.ts";
import { shownPath } from "./path-text.ts";

/** Larger files are data. */
export const LARGEST_SEARCHED = 256 * 1024;
const SMALLEST = 12;
/** What holds no text, or only that of packages' documentation, translations and test data. */
const OTHER_KINDS =
  /\.(?:so(?:\.[\d.]+)?|a|o|pyc|pyo|gz|bz2|xz|zst|zip|jar|deb|rpm|png|jpe?g|gif|ico|svg|woff2?|ttf|otf|mo|gmo|class|wasm|db|h|hpp|md5sums|list|shlibs|triggers|symbols|crt|man)$/i;
const OTHER_PLACES =
  /^(?:usr\/share\/(?:doc|man|info|locale|i18n|zoneinfo|perl|bash-completion|common-licenses|mime|terminfo|lintian|ca-certificates)|usr\/lib\/(?:locale|python3\/dist-packages\/.*\/tests?)|lib\/apk\/db|usr\/lib\/apk\/db|var\/lib\/(?:dpkg\/info|apt\/lists|pcp)|usr\/share\/gcc)\//;

/** Whether a file is worth being searched for secrets, by its name and size alone. */
export function isSearched({ path, type, size }: Entry): boolean {
  return (
    type === "file" &&
    size >= SMALLEST &&
    size <= LARGEST_SEARCHED &&
    !OTHER_KINDS.test(path) &&
    !OTHER_PLACES.test(path)
  );
}

/** Secrets in a file. Programs are passed over: they have the patterns that they look for themselves. */
export function fileSecrets(entry: Entry, bytes: Buffer, origin: Origin, isVisible: boolean): Finding[] {
  if (bytes.subarray(0, 1024).includes(0)) return [];
  const path = `/${entry.path}`;
  const kinds = new Set<string>();
  return findSecrets(bytes.toString("latin1")).flatMap(({ pattern, line, value }) => {
    if (kinds.has(pattern.name)) return [];
    kinds.add(pattern.name);
    const where = isVisible ? "" : "; a later layer hides the file, and it stays in the image";
    return [
      finding("SecretInFile", {
        subject: `${pattern.name} in ${path}`,
        message: `${shownPath(path)}, line ${line}: ${pattern.title}: ${maskSecret(value)}${where}`,
        fix: "give it as a secret of the step that needs it (RUN --mount=type=secret), and make a new one: this one is known",
        origin,
        facts: { path, line, kind: pattern.name, isVisible },
      }),
    ];
  });
}
