import { SlipwayError } from "../core/errors.ts";
import { printableName } from "../core/file-name.ts";
import { formatPlatform } from "../core/platform.ts";
import type { ComparedDocuments, ComparedFiles } from "./compared-image.ts";
import { diffConfigs } from "./diff-config.ts";
import { diffContents } from "./diff-contents.ts";
import { diffHistories } from "./diff-history.ts";
import { diffTrees } from "./diff-trees.ts";
import type {
  ChangeKind,
  FileChange,
  FileCount,
  FilePatch,
  ImageDiff,
  ImageFacts,
  LayerFacts,
} from "./image-diff.ts";
import { isAtOrBelow } from "./selected-paths.ts";

export interface DiffParts {
  readonly before: ComparedDocuments;
  readonly after: ComparedDocuments;
  /** Undefined where files are not compared; not called where layers tell enough. */
  readonly files: (() => Promise<readonly [ComparedFiles, ComparedFiles]>) | undefined;
  /** Whether configurations and histories are compared. */
  readonly config: boolean;
  /** As `TreeDiffOptions` has them. */
  readonly paths: readonly string[];
  /** Paths whose texts are compared, too; all texts below a directory. */
  readonly contents: readonly string[];
  /** Whether times count. */
  readonly times: boolean;
}

/** Everything that two images have different. Throws `LAYER_INVALID` where a layer is not what it should be, and `USAGE` for a path in neither. */
export async function diffImages(parts: DiffParts): Promise<ImageDiff> {
  const { before, after, times } = parts;
  const config = parts.config ? diffConfigs(before, after, times) : undefined;
  const history = parts.config ? diffHistories(before, after) : undefined;
  const compared = parts.files && (await compareFiles(parts, parts.files));
  const all = [config, history, compared?.files];
  return {
    version: 1,
    before: imageFacts(before),
    after: imageFacts(after),
    differs: all.some((changes) => changes !== undefined && changes.length > 0),
    ...(config && history ? { config, history } : {}),
    layers: { before: layerFacts(before, after), after: layerFacts(after, before) },
    ...(compared ? { files: compared.files, counts: countsOf(compared.files) } : {}),
    ...(compared?.patches ? { patches: compared.patches } : {}),
  };
}

interface Compared {
  readonly files: readonly FileChange[];
  readonly patches: readonly FilePatch[] | undefined;
}

async function compareFiles(
  parts: DiffParts,
  open: () => Promise<readonly [ComparedFiles, ComparedFiles]>,
): Promise<Compared> {
  const { paths, contents, times } = parts;
  const named = [...paths, ...contents].filter((path) => path !== "");
  if (named.length === 0 && haveSameLayers(parts))
    return { files: [], patches: contents.length > 0 ? [] : undefined };
  const [before, after] = await open();
  for (const path of named)
    if (!before.tree.lookup(path) && !after.tree.lookup(path))
      throw new SlipwayError("USAGE", `neither image has "/${printableName(path)}"`);
  const files = [...diffTrees(before.tree, after.tree, { paths, mtime: times })];
  if (contents.length === 0) return { files, patches: undefined };
  const asked = files.filter(
    ({ path, kind, fields }) =>
      isAtOrBelow(path.slice(1), contents) &&
      (kind !== "changed" || fields.includes("content") || fields.includes("type")),
  );
  const texts = asked.filter(({ before: was, after: is }) => was?.type === "file" || is?.type === "file");
  return { files, patches: await diffContents(texts, before, after) };
}

function haveSameLayers({ before, after }: DiffParts): boolean {
  const [old, now] = [before.config.diffIds, after.config.diffIds];
  return old.length === now.length && old.every((diffId, i) => diffId === now[i]);
}

function imageFacts({ name, id, manifest, config, layerSizes }: ComparedDocuments): ImageFacts {
  const size = layerSizes.reduce((sum, bytes) => sum + bytes, 0);
  return { name, id, manifest, platform: formatPlatform(config.platform), size };
}

function layerFacts({ config, layerSizes }: ComparedDocuments, other: ComparedDocuments): LayerFacts[] {
  const others = new Set(other.config.diffIds);
  return config.diffIds.map((diffId, i) => ({
    diffId,
    size: layerSizes[i] ?? 0,
    isShared: others.has(diffId),
  }));
}

function countsOf(files: readonly FileChange[]): Readonly<Record<ChangeKind, FileCount>> {
  const none: FileCount = { paths: 0, before: 0, after: 0 };
  const counts = { added: none, removed: none, changed: none };
  for (const { kind, before, after } of files) {
    const { paths, ...bytes } = counts[kind];
    counts[kind] = {
      paths: paths + 1,
      before: bytes.before + (before?.size ?? 0),
      after: bytes.after + (after?.size ?? 0),
    };
  }
  return counts;
}
