import type { SlipwayError } from "../core/errors.ts";
import { goBoolean } from "../core/go-boolean.ts";

/** What query and fragment of a git URL say together. */
export interface GitQuery {
  readonly ref?: string;
  readonly subdir?: string;
  readonly checksum?: string;
  readonly keepGitDir?: boolean;
  readonly submodules?: boolean;
  readonly mtime?: "checkout" | "commit";
  readonly fetchByCommit?: boolean;
}

type Fail = (problem: string) => SlipwayError;

const BOOLEAN_KEYS = ["keep-git-dir", "submodules", "fetch-by-commit"];
const KEYS = [...BOOLEAN_KEYS, "ref", "tag", "branch", "subdir", "checksum", "commit", "mtime"];

/** Reads the query of a git URL and adds it to what the fragment says (SPEC AD-10). `fail` makes the error to throw. */
export function parseGitQuery(
  query: string,
  fragment: { ref: string; subdir: string },
  fail: Fail,
): GitQuery {
  const values = collect(query, fail);
  const ref = agree("ref", [fragment.ref, values.get("ref") ?? "", qualified(values, fail)], fail);
  const subdir = agree("subdir", [fragment.subdir, values.get("subdir") ?? ""], fail);
  const checksum = agree("checksum", [values.get("checksum") ?? "", values.get("commit") ?? ""], fail);
  const keepGitDir = booleanOf(values, "keep-git-dir", fail);
  const submodules = booleanOf(values, "submodules", fail);
  const fetchByCommit = booleanOf(values, "fetch-by-commit", fail);
  const mtime = values.get("mtime");
  if (mtime !== undefined && mtime !== "checkout" && mtime !== "commit")
    throw fail(`invalid mtime value: ${JSON.stringify(mtime)}`);
  return {
    ...(ref ? { ref } : {}),
    ...(subdir ? { subdir } : {}),
    ...(checksum ? { checksum } : {}),
    ...(keepGitDir === undefined ? {} : { keepGitDir }),
    ...(submodules === undefined ? {} : { submodules }),
    ...(fetchByCommit === undefined ? {} : { fetchByCommit }),
    ...(mtime === undefined ? {} : { mtime }),
  };
}

function collect(query: string, fail: Fail): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (!KEYS.includes(key)) throw fail(`unexpected query ${JSON.stringify(key)}`);
    if (values.has(key)) throw fail(`query ${JSON.stringify(key)} has multiple values`);
    if (value === "" && !BOOLEAN_KEYS.includes(key)) throw fail(`query ${JSON.stringify(key)} has no value`);
    values.set(key, value);
  }
  return values;
}

/** The full ref that `tag` or `branch` stands for, or "". */
function qualified(values: ReadonlyMap<string, string>, fail: Fail): string {
  const tag = values.get("tag");
  const branch = values.get("branch");
  if (tag !== undefined && branch !== undefined) throw fail("branch conflicts with tag");
  if (tag !== undefined) return withPrefix("refs/tags/", tag);
  return branch === undefined ? "" : withPrefix("refs/heads/", branch);
}

function withPrefix(prefix: string, name: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

/** The one value that was written, possibly in several places. */
function agree(what: string, candidates: readonly string[], fail: Fail): string {
  const [first = "", ...others] = candidates.filter((candidate) => candidate !== "");
  const other = others.find((candidate) => candidate !== first);
  if (other !== undefined)
    throw fail(`${what} conflicts: ${JSON.stringify(first)} vs ${JSON.stringify(other)}`);
  return first;
}

/** A key without a value means true; the words are those of Go's `strconv.ParseBool`. */
function booleanOf(values: ReadonlyMap<string, string>, key: string, fail: Fail): boolean | undefined {
  const value = values.get(key);
  if (value === undefined) return undefined;
  const parsed = value === "" ? true : goBoolean(value);
  if (parsed === undefined) throw fail(`invalid ${key} value: ${JSON.stringify(value)}`);
  return parsed;
}
