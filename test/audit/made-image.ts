import { auditImage } from "../../src/audit/audit-image.ts";
import type { AuditedImage } from "../../src/audit/audited-image.ts";
import type { Finding } from "../../src/audit/finding.ts";
import { stepsOf } from "../../src/audit/origins.ts";
import type { RuleId } from "../../src/audit/rules.ts";
import { digestOf } from "../../src/core/digest.ts";
import type { Entry } from "../../src/core/file-tree.ts";
import type { ContainerConfig } from "../../src/image/config.ts";
import { LayerTree } from "../../src/layer/tree.ts";
import { dir, file, symlink, tocOf, whiteout } from "../layer/entries.ts";

export { dir, symlink, whiteout };

/** Entries of a layer; of files with their texts. */
export type MadeLayer = readonly (Entry | { readonly entry: Entry; readonly bytes: Buffer })[];

export interface MadeImage {
  /** The lowest first; directories above files are made. */
  readonly layers?: readonly MadeLayer[];
  readonly config?: ContainerConfig;
  /** What the history says of each layer. */
  readonly history?: readonly string[];
  readonly now?: number;
}

/** A file with bytes. */
export function text(path: string, content: string | Buffer, details: Partial<Entry> = {}) {
  const bytes = Buffer.from(content);
  return { entry: file(path, { size: bytes.length, digest: digestOf(bytes), ...details }), bytes };
}

/** A program of some bytes. */
export const program = (path: string, mode = 0o755, details: Partial<Entry> = {}) =>
  text(path, `\0program ${path}`, { mode, ...details });

/** Everything that an audit of an image in memory finds. */
export async function auditOf(made: MadeImage) {
  const layers = (made.layers ?? [[]]).map((items) => {
    const files = new Map<string, Buffer>();
    const entries = items.map((item) => {
      if (!("entry" in item)) return item;
      files.set(item.entry.path, item.bytes);
      return item.entry;
    });
    return { toc: tocOf(...withFolders(entries)), files };
  });
  const diffIds = layers.map((_, i) => digestOf(Buffer.from(`layer ${i}`)));
  const history = layers.map((_, i) => ({ created_by: made.history?.[i] ?? `COPY layer${i} / # buildkit` }));
  const config = {
    platform: { os: "linux", architecture: "amd64" },
    config: made.config ?? {},
    history,
    diffIds,
  };
  const steps = stepsOf(config);
  const image: AuditedImage = {
    name: "made",
    config,
    layers: layers.map(({ toc }, index) => ({
      index,
      diffId: diffIds[index]!,
      toc,
      origin: steps[index]!.origin,
    })),
    tree: new LayerTree(layers.map(({ toc }) => toc)),
    contents: async function* (layer, wanted) {
      for (const [path, entry] of wanted) yield { entry, bytes: layers[layer]!.files.get(path)! };
    },
    now: made.now ?? Date.parse("2026-06-01T00:00:00Z"),
  };
  return auditImage(image, steps);
}

/** Findings of one rule. */
export async function found(rule: RuleId, made: MadeImage): Promise<readonly Finding[]> {
  return (await auditOf(made)).findings.filter((one) => one.rule === rule);
}

/** Their subjects, in order. */
export async function subjects(rule: RuleId, made: MadeImage): Promise<readonly string[]> {
  return (await found(rule, made)).map(({ subject }) => subject).sort();
}

/** Archives name the directories above what they hold. */
function withFolders(entries: readonly Entry[]): readonly Entry[] {
  const paths = new Set(entries.map(({ path }) => path));
  const folders = new Map<string, Entry>();
  for (const { path } of entries)
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      const folder = path.slice(0, at);
      if (!paths.has(folder)) folders.set(folder, dir(folder));
    }
  return [...entries, ...folders.values()];
}
