import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseGitUrl } from "../context/git-url.ts";
import { isSlipwayError, SlipwayError } from "../core/errors.ts";
import { parsePlatform } from "../core/platform.ts";
import { parseReference } from "../image/reference.ts";

/** Specifiers that are images and not folders. */
export const IMAGE_CONTEXT = /^(docker-image|oci-layout):/;

/** The folder that a specifier names, without the scheme that it may have. */
export function localPart(specifier: string): string {
  return specifier.replace(/^local:(\/\/)?/, "");
}

/**
 * Refuses named contexts that nothing could use, before anything is opened: names that are neither a stage's nor an image's, and
 * folders that are not there (SPEC SG-09, CL-01). A name may end in `::platform`. Throws `USAGE`, `PLATFORM_INVALID` and
 * `CONTEXT_NOT_FOUND`.
 */
export function checkNamedContexts(contexts: Readonly<Record<string, string>>, cwd: string): void {
  for (const [key, specifier] of Object.entries(contexts)) {
    const [name = "", platform] = key.split("::");
    checkName(name, key);
    if (platform !== undefined) parsePlatform(platform);
    if (!IMAGE_CONTEXT.test(specifier)) checkFolder(key, localPart(specifier), cwd);
  }
}

function checkName(name: string, key: string): void {
  try {
    parseReference(name);
  } catch (error) {
    if (!isSlipwayError(error, "REFERENCE_INVALID")) throw error;
    throw new SlipwayError("USAGE", `invalid context name ${key}`, {
      cause: error,
      hint: "call it like the stage, in lower case, or like the image that it stands for",
    });
  }
}

function checkFolder(key: string, text: string, cwd: string): void {
  if (/^https?:\/\//i.test(text) || parseGitUrl(text, { context: true })) return;
  const folder = resolve(cwd, text);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new SlipwayError("CONTEXT_NOT_FOUND", `the build context ${key} is no folder: ${folder}`, {
    hint: "give a folder, docker-image://NAME, oci-layout://PATH@DIGEST, or a git or http URL",
  });
}
