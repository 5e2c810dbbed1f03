import { goMode, hasPermissions } from "../core/file-mode.ts";
import type { Entry, FileTree } from "../core/file-tree.ts";
import { resolvePath } from "../layer/resolve.ts";
import { expressionErrors } from "./expressions.ts";
import { substitute } from "./substitute.ts";
import type { FileContentTest, FileExistenceTest, LicenseTest } from "./test-file.ts";
import type { Findings } from "./test-result.ts";
import type { TestedFiles, TestedImage } from "./tested-image.ts";

const EXECUTABLE = { owner: 0o100, group: 0o010, other: 0o001, any: 0o111 } as const;
/** A link at the end of the path is looked at itself, as with container-structure-test. */
const LAST_AS_IT_IS = { followLast: false } as const;
const FOLLOWED = { followLast: true } as const;

/** Tells from the tables of contents whether a path is there, and how. */
export async function checkExistence(image: TestedImage, test: FileExistenceTest): Promise<Findings> {
  const { tree } = await image.files();
  const path = substitute(test.path, image.config);
  const { entry } = resolvePath(tree, path, LAST_AS_IT_IS);
  if (test.shouldExist === false) return { errors: entry ? [`${path} is there, and must not be`] : [] };
  return { errors: entry ? entryErrors(path, entry, test) : [missing(tree, path)] };
}

function entryErrors(path: string, entry: Entry, test: FileExistenceTest): string[] {
  const { permissions, uid, gid, isExecutableBy } = test;
  const errors: string[] = [];
  if (permissions && !hasPermissions(entry, permissions))
    errors.push(`${path} has the permissions ${goMode(entry)}, not ${permissions}`);
  if (isExecutableBy && (entry.mode & EXECUTABLE[isExecutableBy]) === 0)
    errors.push(`${path} is not executable by ${isExecutableBy}: ${goMode(entry)}`);
  // -1 is how the schema says that it does not matter.
  if (uid !== undefined && uid !== -1 && entry.uid !== uid)
    errors.push(`${path} belongs to user ${entry.uid}, not ${uid}`);
  if (gid !== undefined && gid !== -1 && entry.gid !== gid)
    errors.push(`${path} belongs to group ${entry.gid}, not ${gid}`);
  return errors;
}

/** Looks for expressions in a file; links are followed inside the image. */
export async function checkContent(image: TestedImage, test: FileContentTest): Promise<Findings> {
  const files = await image.files();
  const path = substitute(test.path, image.config);
  const content = await readText(files, path);
  if (typeof content !== "string") return { errors: [content.error] };
  return { errors: expressionErrors(path, content, test.expectedContents, test.excludedContents) };
}

const DEBIAN_DOCS = "usr/share/doc";
/** Passed whatever its text says: its licence is that of a library which names another licence. */
const ALLOWED_PACKAGES = new Set(["libgnutls30"]);
const FORBIDDEN = ["AGPL", "WTFPL"];

/** Looks for licences that are not allowed, in copyright files of Debian packages and in files that the test names. */
export async function checkLicenses(image: TestedImage, test: LicenseTest): Promise<Findings> {
  const files = await image.files();
  const debian = test.debian ? debianFiles(files.tree) : [];
  const errors: string[] = [];
  if (test.debian && debian.length === 0) errors.push(`there are no packages in /${DEBIAN_DOCS}`);
  for (const path of [...debian, ...(test.files ?? []).map((file) => substitute(file, image.config))]) {
    const text = await readText(files, path);
    if (typeof text !== "string") errors.push(text.error);
    else errors.push(...licenseErrors(path, text));
  }
  return { errors };
}

function debianFiles(tree: FileTree): string[] {
  const { path: root } = resolvePath(tree, DEBIAN_DOCS, FOLLOWED);
  return tree
    .list(root)
    .filter((name) => tree.lookup(`${root}/${name}`)?.type === "dir" && !ALLOWED_PACKAGES.has(name))
    .map((name) => `/${root}/${name}/copyright`);
}

function licenseErrors(path: string, text: string): string[] {
  const upper = text.toUpperCase();
  const found = FORBIDDEN.filter((word) => upper.includes(word));
  return found.map((word) => `${path} names a licence that is not allowed: ${word}`);
}

async function readText(files: TestedFiles, path: string): Promise<string | { readonly error: string }> {
  const { path: resolved, entry } = resolvePath(files.tree, path, FOLLOWED);
  if (!entry) return { error: missing(files.tree, path) };
  if (entry.type !== "file") return { error: `${path} is no file: ${goMode(entry)}` };
  return (await files.read(resolved)).toString("utf8");
}

/** Says how far the path goes. */
function missing(tree: FileTree, path: string): string {
  const { path: resolved } = resolvePath(tree, path, FOLLOWED);
  const parts = resolved.split("/");
  let at = parts.length;
  while (at > 0 && !tree.lookup(parts.slice(0, at).join("/"))) at -= 1;
  const last = parts.slice(0, at).join("/");
  return at >= parts.length - 1
    ? `${path} is not there`
    : `${path} is not there: the image has /${last}, and nothing more of it`;
}
