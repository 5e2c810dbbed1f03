import type { Digest } from "../../core/digest.ts";
import type { Entry } from "../../core/file-tree.ts";
import { programName, SHELLS } from "../../image/known-programs.ts";
import { resolvePath } from "../../layer/resolve.ts";
import type { AuditedImage } from "../audited-image.ts";

/** Programs that do whatever they are told: with their owner's rights they are a root shell. */
const INTERPRETERS =
  /^(?:python|perl|ruby|node|lua|awk|gawk|mawk|find|vim?|nano|less|more|env|cp|mv|dd|tar|tee|nmap|gdb|php|rbash|csh|tcsh|fish)[\d.]*$/;

/** Shells and the like in an image, known by their names and, under other names, by their bytes. */
export class PowerfulPrograms {
  readonly #image: AuditedImage;
  #names: ReadonlyMap<Digest, string> | undefined;

  constructor(image: AuditedImage) {
    this.#image = image;
  }

  /** The path under which the program is known: its own, or that of something else with the same bytes in any layer. Undefined of other programs. */
  knownAs(entry: Entry): string | undefined {
    if (isPowerful(entry.path)) return `/${entry.path}`;
    // An empty file is no program, whatever it is called.
    if (entry.digest === undefined || entry.size === 0) return undefined;
    this.#names ??= namesByDigest(this.#image);
    return this.#names.get(entry.digest);
  }
}

/** The first names of them. A layer may hide one, and leave a copy; a link may have the name, and what it leads to another. */
function namesByDigest({ layers, tree }: AuditedImage): ReadonlyMap<Digest, string> {
  const names = new Map<Digest, string>();
  for (const { toc } of layers)
    for (const entry of toc.entries()) {
      if (!isPowerful(entry.path)) continue;
      const program = entry.type === "symlink" ? targetOf(tree, entry.path) : entry;
      if (program?.type !== "file" || program.digest === undefined || program.size === 0) continue;
      if (!names.has(program.digest)) names.set(program.digest, `/${entry.path}`);
    }
  return names;
}

function targetOf(tree: AuditedImage["tree"], path: string): Entry | undefined {
  try {
    return resolvePath(tree, path, { followLast: true }).entry;
  } catch {
    // A circle of links leads to no program.
    return undefined;
  }
}

function isPowerful(path: string): boolean {
  const name = programName(path);
  return SHELLS.has(name) || INTERPRETERS.test(name);
}
