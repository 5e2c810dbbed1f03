import { contentIdentity } from "../cache/content-identity.ts";
import type { InputFiles, StepInputs } from "../cache/inputs.ts";
import { excludeRules } from "../context/ignore-rules.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import { digestOf } from "../core/digest.ts";
import type { Entry } from "../core/file-tree.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { CopyStep, InputSource } from "../plan/graph.ts";
import { applyArchive, isArchive, type Spool } from "./add/archive.ts";
import { fetchRemoteSources, type RemoteFetcher, type RemoteSource } from "./add/remote.ts";
import type { Chain } from "./chain.ts";
import { EMPTY_CHAIN } from "./chain.ts";
import { ChangeSet } from "./copy/change-set.ts";
import { parseModeChange } from "./copy/chmod.ts";
import { heredocEntry } from "./copy/heredoc.ts";
import { accountReader, resolveOwner } from "./copy/owner.ts";
import { type Placement, placeSource } from "./copy/place.ts";
import { cleanPath, type SelectedSource, selectSources } from "./copy/select.ts";
import { selectWithParents } from "./copy/select-parents.ts";
import type { LayerAccess } from "./layer-access.ts";
import { type LayerTarget, packAndStore } from "./layer-commit.ts";
import type { SourceTree } from "./source-tree.ts";
import type { PreparedStep, StepExecutor } from "./step-executor.ts";

export interface CopyOptions {
  readonly access: LayerAccess;
  readonly target: LayerTarget;
  /** Opens what a COPY reads from. */
  readonly inputs: (source: InputSource) => Promise<SourceTree>;
  readonly remote: RemoteFetcher;
  /** Makes a fresh folder for files on their way from an archive into a layer. */
  readonly spool: Spool;
  /** Seconds since the epoch given to heredoc files (SPEC CP-21). */
  readonly time: number;
  /** SOURCE_DATE_EPOCH, where the build has one: then `time` is part of what a heredoc makes. */
  readonly epoch: number | undefined;
}

/** Neighbours among the sources of a step, found or fetched. */
type Gathered =
  | { readonly kind: "local"; readonly tree: SourceTree; readonly selected: readonly SelectedSource[] }
  | { readonly kind: "remote"; readonly source: RemoteSource };

/** COPY and ADD (SPEC 3.6, 3.7). */
export class CopyExecutor implements StepExecutor<CopyStep> {
  readonly #options: CopyOptions;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  async prepare(step: CopyStep, parent: Chain): Promise<PreparedStep> {
    const sources = await this.#gather(step);
    const files = sources.flatMap((group) =>
      group.kind === "remote" ? [group.source.inputs] : inputFiles(step, group.tree, group.selected),
    );
    return {
      inputs: copyInputs(step, parent, files, this.#options.epoch),
      execute: (_reporter, signal) => this.#execute(step, parent, sources, signal),
    };
  }

  /** What the step reads, in written order: a later source wins (SPEC CP-22). */
  async #gather(step: CopyStep): Promise<readonly Gathered[]> {
    const { remote, inputs } = this.#options;
    const isRemote = (source: string) => step.instruction === "ADD" && remote.isRemote(source);
    const fetched = await fetchRemoteSources(step, step.sources.filter(isRemote), remote);
    const groups = groupBy(step.sources, isRemote);
    return Promise.all(
      groups.flatMap((group): (Gathered | Promise<Gathered>)[] => {
        if (isRemote(group[0]!))
          return group.map(() => ({ kind: "remote", source: fetched.shift()! }) as const);
        return [selectLocal(step, group, inputs)];
      }),
    );
  }

  async #execute(
    step: CopyStep,
    parent: Chain,
    sources: readonly Gathered[],
    signal: AbortSignal,
  ): Promise<LayerInfo> {
    const { access, target } = this.#options;
    const independent = isIndependentLayer(step);
    const chain = independent ? EMPTY_CHAIN : parent;
    const below = await access.tree("stage", chain);
    const changes = new ChangeSet(below);
    const accounts = chain.layers.length > 0 ? accountReader(below) : undefined;
    const owner = step.chown === undefined ? undefined : await resolveOwner(step.chown, accounts);
    const mode = step.chmod === undefined ? undefined : parseModeChange(step.chmod);
    const place = (source: Pick<SourceTree, "locate" | "linkIdentity">): Placement => ({
      destination: cleanPath(step.destination),
      destinationIsDirectory: step.destinationIsDirectory,
      owner,
      mode,
      bytes: (entry) => ({ kind: "path", path: source.locate(entry.path) }),
      linkIdentity: (entry) => source.linkIdentity(entry),
    });
    const scope = new CleanupScope();
    return scope.around(async () => {
      for (const group of sources) {
        if (group.kind === "remote") await group.source.place(changes, place(below), scope, signal);
        else {
          const { tree, selected } = group;
          await this.#placeLocal(step, tree, selected, changes, place(tree), scope, signal);
        }
      }
      this.#placeHeredocs(step, changes, place(below));
      const { info } = await packAndStore(changes.finish(), target, signal);
      return info;
    });
  }

  async #placeLocal(
    step: CopyStep,
    tree: SourceTree,
    selected: readonly SelectedSource[],
    changes: ChangeSet,
    at: Placement,
    scope: CleanupScope,
    signal: AbortSignal,
  ): Promise<void> {
    await tree.prepare(selected.flatMap(sourceFiles));
    for (const [i, source] of selected.entries()) {
      const mayUnpack = step.instruction === "ADD" && step.unpack !== false && source.root.type === "file";
      const file = mayUnpack ? tree.locate(source.root.path) : "";
      if (mayUnpack && (await isArchive(file)))
        await applyArchive({
          file,
          changes,
          at,
          like: source.root,
          spool: this.#options.spool,
          scope,
          signal,
        });
      else placeSource(changes, source, withinSource(at, i));
    }
  }

  #placeHeredocs(step: CopyStep, changes: ChangeSet, at: Placement): void {
    for (const { name, content } of step.heredocs) {
      const bytes = Buffer.from(content, "utf8");
      const root = heredocEntry(name, bytes.length, this.#options.time);
      const source: SelectedSource = { selector: `<<${name}`, name, root, entries: [] };
      placeSource(changes, source, {
        ...at,
        bytes: () => ({ kind: "bytes", bytes }),
        linkIdentity: () => undefined,
      });
    }
  }
}

/** Names of one inode stay so within one source only (SPEC CP-10). */
function withinSource(at: Placement, source: number): Placement {
  return {
    ...at,
    linkIdentity: (entry) => {
      const identity = at.linkIdentity?.(entry);
      return identity === undefined ? undefined : `${source}\0${identity}`;
    },
  };
}

/** `--link` stands alone unless `--chmod` is given, too (SPEC CP-19). */
function isIndependentLayer(step: CopyStep): boolean {
  return step.link && step.chmod === undefined;
}

async function selectLocal(
  step: CopyStep,
  sources: readonly string[],
  inputs: CopyOptions["inputs"],
): Promise<Gathered> {
  const tree = await inputs(step.from);
  return { kind: "local", tree, selected: await withDigests(tree, select(step, tree, sources)) };
}

/** Runs of neighbours for which `property` is the same. */
function groupBy<T>(items: readonly T[], property: (item: T) => unknown): T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.at(-1);
    if (group && property(group[0]!) === property(item)) group.push(item);
    else groups.push([item]);
  }
  return groups;
}

function select(step: CopyStep, tree: SourceTree, sources: readonly string[]): SelectedSource[] {
  const excludes = step.excludes.length > 0 ? excludeRules(step.excludes) : undefined;
  const options = { excludes };
  return step.parents ? selectWithParents(tree, sources, options) : selectSources(tree, sources, options);
}

function sourceFiles(source: SelectedSource): string[] {
  const files = source.entries.filter(({ entry }) => entry.type === "file").map(({ entry }) => entry.path);
  return source.root.type === "file" ? [source.root.path, ...files] : files;
}

/** The same, every file with its digest; reads those whose digest is not known yet. */
async function withDigests(tree: SourceTree, selected: readonly SelectedSource[]): Promise<SelectedSource[]> {
  const digests = await tree.digests(selected.flatMap(sourceFiles));
  const read = (entry: Entry): Entry => {
    const digest = entry.digest ?? digests.get(entry.path);
    return digest === entry.digest || digest === undefined ? entry : { ...entry, digest };
  };
  return selected.map((source) => ({
    ...source,
    root: read(source.root),
    entries: source.entries.map(({ relative, entry }) => ({ relative, entry: read(entry) })),
  }));
}

/**
 * Content identity of everything selected. Of a directory written with a slash only its content counts: nothing else of it goes
 * into the layer (SPEC CK-05).
 */
function inputFiles(
  step: CopyStep,
  tree: SourceTree,
  selected: readonly SelectedSource[],
): readonly InputFiles[] {
  return selected.map((source) => ({
    from: tree.name,
    selector: step.parents ? source.selector : source.name,
    entries: [
      [source.root.type === "dir" ? "" : source.name, rootIdentity(source)] as const,
      ...selectedContents(tree, source),
    ],
  }));
}

/** A further name of a file that is selected already says so: the layer gets a hard link there (SPEC CP-10). */
function selectedContents(tree: SourceTree, source: SelectedSource): (readonly [string, string])[] {
  const firstNames = new Map<string, string>();
  return source.entries.map(({ relative, entry }) => {
    const content = contentIdentity(entry);
    const identity = entry.type === "file" ? tree.linkIdentity(entry) : undefined;
    if (identity === undefined) return [relative, content];
    const first = firstNames.get(identity);
    if (first === undefined) firstNames.set(identity, relative);
    return [relative, first === undefined ? content : `${content} same as ${JSON.stringify(first)}`];
  });
}

function rootIdentity({ root, selector }: SelectedSource): string {
  return root.type === "dir" && selector.endsWith("/") ? "contents" : contentIdentity(root);
}

function copyInputs(
  step: CopyStep,
  parent: Chain,
  files: readonly InputFiles[],
  epoch: number | undefined,
): StepInputs {
  const independent = isIndependentLayer(step);
  return {
    tag: independent ? "copy-link/2" : "copy/2",
    parent: independent ? null : parent.identity,
    fields: {
      instruction: step.instruction,
      destination: step.destination,
      directory: step.destinationIsDirectory,
      chown: step.chown ?? null,
      chmod: step.chmod ?? null,
      link: step.link,
      parents: step.parents,
      excludes: [...step.excludes],
      unpack: step.unpack ?? null,
      heredocs: step.heredocs.map(({ name, content }) => `${name} ${digestOf(content)}`),
      ...(step.heredocs.length > 0 && epoch !== undefined ? { epoch } : {}),
    },
    files,
  };
}
