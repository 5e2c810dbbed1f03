import { FILE_FUNCTIONS } from "./shell-file-functions.ts";
import { NETWORK_FUNCTIONS } from "./shell-network-functions.ts";
import { PROCESS_FUNCTIONS } from "./shell-process-functions.ts";

const REPORT_FUNCTIONS: Readonly<Record<string, string>> = {
  pf_fail: `
pf_fail() { # what does not hold, what to do
  pf_failures=$((pf_failures + 1))
  printf 'preflight: %s\\n           to do: %s\\n' "$1" "$2" >&2
}`,
  pf_unchecked: `
pf_unchecked() { # what, why
  printf 'preflight: not checked: %s: %s\\n' "$1" "$2" >&2
}`,
  // A shell may read a file in pieces and go back in between: what changes meanwhile would be read from the middle of a line.
  pf_cat: `
pf_cat() { # a file of /proc; at once where there is cat
  if command -v cat >/dev/null 2>&1; then
    cat "$1"
  else
    while IFS= read -r pf_row; do printf '%s\\n' "$pf_row"; done <"$1"
  fi
}`,
  pf_shown: `
pf_shown() ( # a value, where it can be shown
  LC_ALL=C
  case $1 in
    *[!\\ -~]*) printf '(not printable)' ;;
    *) if [ "\${#1}" -gt 60 ]; then printf '(%s characters)' "\${#1}"; else printf '"%s"' "$1"; fi ;;
  esac
)`,
};

/** Where a condition that cannot be checked counts as one that does not hold. */
const STRICT_UNCHECKED = `
pf_unchecked() { # what, why
  pf_fail "not checked: $1: $2" 'add what is missing to the image, or write the script without --strict'
}`;

/** The functions that a script's text needs, in an order that lets each use those above it. */
export function functionsFor(text: string, strict: boolean): string {
  const all: Readonly<Record<string, string>> = {
    ...REPORT_FUNCTIONS,
    ...(strict ? { pf_unchecked: STRICT_UNCHECKED } : {}),
    ...PROCESS_FUNCTIONS,
    ...FILE_FUNCTIONS,
    ...NETWORK_FUNCTIONS,
  };
  const needed = new Set<string>();
  const look = (part: string): void => {
    for (const [name] of part.matchAll(/\bpf_\w+/g)) {
      if (!Object.hasOwn(all, name) || needed.has(name)) continue;
      needed.add(name);
      look(all[name]!);
    }
  };
  look(text);
  return Object.keys(all)
    .filter((name) => needed.has(name))
    .map((name) => all[name]!.trim())
    .join("\n\n");
}
