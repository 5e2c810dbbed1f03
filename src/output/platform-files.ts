import { contentIdentity } from "../cache/content-identity.ts";
import { SlipwayError } from "../core/errors.ts";
import type { Entry } from "../core/file-tree.ts";
import { formatPlatform } from "../core/platform.ts";
import type { ChainTree } from "../execute/chain-tree.ts";
import type { ExportedBuild } from "./export-request.ts";
import { epochOf } from "./output-image.ts";
import type { OutputSpec } from "./output-spec.ts";

/** The files of one platform on their way out. */
export interface FilesPart {
  readonly tree: ChainTree;
  /** What is written of it, in walk order, relative to `prefix`. */
  readonly entries: readonly Entry[];
  /** Folder below the destination, `""` for the destination itself. */
  readonly prefix: string;
  /** Every file gets this time, where an epoch was set (SPEC EP-06). */
  readonly time?: number;
}

/**
 * The files of every platform: each in a folder of its own, or all in one place, which they must not dispute (SPEC XP-04). Throws
 * `OUTPUT_INVALID`.
 */
export async function filesParts(
  builds: readonly ExportedBuild[],
  output: OutputSpec,
  isIndex: boolean,
): Promise<readonly FilesPart[]> {
  const split = output.platformSplit ?? isIndex;
  const taken = new Map<string, { readonly platform: string; readonly identity: string }>();
  const parts: FilesPart[] = [];
  for (const build of builds) {
    const platform = formatPlatform(build.image.platform);
    const tree = await build.tree();
    const entries = withoutForeignLinks([...tree.walk("")]);
    const time = epochOf(output, build);
    parts.push({
      tree,
      entries: split ? entries : entries.filter((entry) => isNew(entry, platform, taken)),
      prefix: split ? platform.replaceAll("/", "_") : "",
      ...(time === undefined ? {} : { time }),
    });
  }
  return parts;
}

function isNew(
  entry: Entry,
  platform: string,
  taken: Map<string, { readonly platform: string; readonly identity: string }>,
): boolean {
  const identity = entry.type === "dir" ? "dir" : contentIdentity(entry);
  const before = taken.get(entry.path);
  if (!before) taken.set(entry.path, { platform, identity });
  else if (before.identity !== identity)
    throw new SlipwayError(
      "OUTPUT_INVALID",
      `cannot overwrite ${entry.path} from ${before.platform} with ${platform} when split option is disabled`,
      { hint: "leave platform-split=false out: each platform then has a folder of its own" },
    );
  return !before;
}

/** A hard link whose first name was replaced in a later layer stands for itself. */
function withoutForeignLinks(entries: readonly Entry[]): Entry[] {
  const firsts = new Map(
    entries.filter((e) => e.type === "file" && e.hardLink === undefined).map((e) => [e.path, e]),
  );
  return entries.map((entry) => {
    if (entry.hardLink === undefined) return entry;
    const first = firsts.get(entry.hardLink);
    if (first && first.digest === entry.digest && first.size === entry.size) return entry;
    const { hardLink: _, ...own } = entry;
    firsts.set(entry.hardLink, own);
    return own;
  });
}
