import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { type GitSource, parseGitUrl } from "./git-url.ts";

/** The positional argument of a build (SPEC SG-15, CL-01). */
export type MainContextSource =
  | { readonly kind: "stdin" }
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "git"; readonly source: GitSource }
  | { readonly kind: "url"; readonly url: string };

/** A value of `--build-context` (SPEC SG-10). */
export type NamedContextSource =
  | Exclude<MainContextSource, { kind: "stdin" }>
  /** An image reference, or `scratch`. */
  | { readonly kind: "image"; readonly reference: string }
  /** An OCI layout folder and which image of it; without either the only one, or the tag `latest`. */
  | { readonly kind: "oci-layout"; readonly path: string; readonly tag?: string; readonly digest?: string }
  /** The result of another target of the same bake. */
  | { readonly kind: "target"; readonly target: string };

/** Tells whether a path is a folder, seen from where the build was started. */
export type IsFolder = (path: string) => boolean;

/** Reads the positional argument. A folder that exists wins over what looks like an address. Throws `CONTEXT_NOT_FOUND`, `USAGE`. */
export function parseMainContext(text: string, isFolder: IsFolder): MainContextSource {
  if (text === "-") return { kind: "stdin" };
  const source = parseAddress(text, isFolder);
  if (source) return source;
  throw new SlipwayError(
    "CONTEXT_NOT_FOUND",
    `unable to prepare context: path "${printableName(text)}" not found`,
    {
      hint: "name an existing folder, a git or http(s) URL, or - for standard input",
    },
  );
}

/** Reads a value of `--build-context`. Throws `CONTEXT_NOT_FOUND` for a missing folder, `USAGE` for everything else. */
export function parseNamedContext(name: string, value: string, isFolder: IsFolder): NamedContextSource {
  const [scheme, rest] = splitScheme(value);
  if (scheme === "docker-image") return { kind: "image", reference: nonEmpty(rest, value, name) };
  if (scheme === "oci-layout") return parseLayout(nonEmpty(rest, value, name));
  if (scheme === "target") return { kind: "target", target: nonEmpty(rest, value, name) };
  const source = value === "" ? undefined : parseAddress(value, isFolder);
  if (source) return source;
  if (value === "") throw invalidSpecifier(value, name);
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//.test(value))
    throw new SlipwayError(
      "USAGE",
      `unsupported context source ${printableName(scheme)} for ${printableName(name)}`,
      {
        hint: "give a folder, docker-image://, oci-layout://, or a git or http(s) URL",
      },
    );
  throw new SlipwayError(
    "CONTEXT_NOT_FOUND",
    `failed to get build context ${printableName(name)}: path "${printableName(value)}" not found`,
    { hint: "a named context must be an existing folder" },
  );
}

/** Which parts of a build may read standard input: one only (SPEC CL-01). Throws `USAGE`. */
export function checkStdinUse(context: MainContextSource, dockerfile: string | undefined): void {
  if (context.kind === "stdin" && dockerfile === "-")
    throw new SlipwayError(
      "USAGE",
      "invalid argument: can't use stdin for both build context and dockerfile",
    );
}

/** For standard input that turned out to be a Dockerfile while `--file` names another one (SPEC CL-01). */
export function ambiguousDockerfile(): SlipwayError {
  return new SlipwayError(
    "USAGE",
    "ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles",
    {
      hint: "leave out --file, or give the context as a folder or an archive",
    },
  );
}

function parseAddress(
  text: string,
  isFolder: IsFolder,
): Exclude<MainContextSource, { kind: "stdin" }> | undefined {
  if (isFolder(text)) return { kind: "local", path: text };
  const source = parseGitUrl(text, { context: true });
  if (source) return { kind: "git", source };
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? { kind: "url", url: text } : undefined;
}

function splitScheme(value: string): [scheme: string, rest: string] {
  const [, scheme = "", rest = ""] = /^([a-zA-Z][a-zA-Z0-9+.-]*):(?:\/\/)?(.*)$/s.exec(value) ?? [];
  return [scheme, rest];
}

/** `path[:tag][@digest]`; a digest makes the tag a mere remark. */
function parseLayout(text: string): NamedContextSource {
  const [, named = "", digest] = /^(.*?)(?:@(sha256:[0-9a-f]{64}))?$/s.exec(text) ?? [];
  const [, path = "", tag] = /^(.*?)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?$/s.exec(named) ?? [];
  if (path === "")
    throw new SlipwayError("USAGE", `oci-layout reference "${printableName(text)}" has no name`);
  if (path.includes("@"))
    throw new SlipwayError(
      "USAGE",
      `oci-layout reference "${printableName(text)}" has a digest that is not sha256`,
    );
  return { kind: "oci-layout", path, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

function nonEmpty(rest: string, value: string, name: string): string {
  if (rest === "") throw invalidSpecifier(value, name);
  return rest;
}

function invalidSpecifier(value: string, name: string): SlipwayError {
  return new SlipwayError(
    "USAGE",
    `invalid context specifier ${printableName(value)} for ${printableName(name)}`,
  );
}
