import { SlipwayError } from "../core/errors.ts";
import type { SourceRange } from "../core/source-range.ts";

/** The build argument that names the frontend in the place of the `# syntax=` line (SPEC LX-19). */
export const SYNTAX_ARG = "BUILDKIT_SYNTAX";

/** The name of what is built in here. */
const BUILT_IN = "dockerfile.v0";
/** How images of Docker's own frontend are called, in whatever registry they are kept: `docker/dockerfile:1`, `mirror.local/x/dockerfile-upstream`. */
const DOCKERFILE_IMAGE = /^dockerfile(-[a-z0-9]+)*$/;
/** As many as contexts may lead to each other (SPEC SG-11). */
const MOST_REPLACEMENTS = 10;

export interface FrontendChoice {
  /** Value of `BUILDKIT_SYNTAX`, where it was given. */
  readonly buildArg?: string | undefined;
  /** What the `# syntax=` line names. */
  readonly line?: { readonly reference: string; readonly source: SourceRange } | undefined;
  /** The named context of the request that stands in for an image. */
  readonly replacement?: ((reference: string) => string | undefined) | undefined;
}

/**
 * Whatever release of Docker's own frontend is named, the one that is built in reads the file; any other is refused, because
 * what it would make of the file is not known here (SPEC LX-18, LX-19, PO-02). Throws FRONTEND_UNSUPPORTED, USAGE.
 */
export function checkFrontend({ buildArg, line, replacement }: FrontendChoice): void {
  if (buildArg === "")
    throw new SlipwayError("USAGE", `the build argument ${SYNTAX_ARG} is empty`, {
      hint: `leave it out, or write ${SYNTAX_ARG}=${BUILT_IN}`,
    });
  const asked = buildArg?.split(" ", 1)[0] ?? line?.reference;
  if (asked === undefined) return;
  const found = replaced(asked, replacement);
  if (found === BUILT_IN || DOCKERFILE_IMAGE.test(lastName(found))) return;
  throw new SlipwayError("FRONTEND_UNSUPPORTED", `the frontend ${found} cannot be run`, {
    ...(buildArg === undefined && line ? { source: line.source } : {}),
    hint: `if this is an ordinary Dockerfile, build it with --build-arg ${SYNTAX_ARG}=${BUILT_IN}`,
  });
}

function replaced(reference: string, replacement: FrontendChoice["replacement"]): string {
  let found = reference;
  for (let i = 0; i < MOST_REPLACEMENTS; i++) {
    const specifier = replacement?.(found);
    if (specifier === undefined) return found;
    const image = /^docker-image:(?:\/\/)?(.+)$/.exec(specifier)?.[1] ?? specifier;
    if (image === found) return found;
    found = image;
  }
  return found;
}

/** The last component, without tag and digest. */
function lastName(reference: string): string {
  const [name = ""] = reference.split("@", 1);
  return name.slice(name.lastIndexOf("/") + 1).split(":", 1)[0]!;
}
