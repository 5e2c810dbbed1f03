import { canonicalJson } from "../core/canonical-json.ts";
import { CleanupScope } from "../core/cleanup-scope.ts";
import type { StepId } from "../core/events.ts";
import { encodeName } from "../core/file-name.ts";
import type { Entry } from "../core/file-tree.ts";
import type { LayerInfo } from "../core/layer-info.ts";
import type { CopyStep, InputSource } from "../plan/graph.ts";
import { applyArchive, type Spool, type Unpacking } from "./add/archive.ts";
import { type ArchiveSource, openArchive } from "./add/archive-file.ts";
import { fetchRemoteSources, type RemoteFetcher } from "./add/remote.ts";
import type { Chain } from "./chain.ts";
import { EMPTY_CHAIN } from "./chain.ts";
import { ChangeSet } from "./copy/change-set.ts";
import type { FileOrigin } from "./copy/change-table.ts";
import { parseModeChange } from "./copy/chmod.ts";
import { copyInputs, inputFiles, isIndependentLayer } from "./copy/copy-inputs.ts";
import {
  asRead,
  type Gathered,
  groupBy,
  isMostlyUnread,
  isRead,
  readUnknown,
  selectLocal,
  sourceFiles,
} from "./copy/gathered.ts";
import { hashSource } from "./copy/hash-source.ts";
import { heredocEntry } from "./copy/heredoc.ts";
import { accountReader, resolveOwner } from "./copy/owner.ts";
import { type Placement, placeSource } from "./copy/place.ts";
import { cleanPath, type SelectedSource } from "./copy/select.ts";
import type { LayerAccess } from "./layer-access.ts";
import {
  type DraftLayer,
  type DraftOptions,
  draftLayer,
  type LayerTarget,
  storeDraft,
} from "./layer-commit.ts";
import type { SourceTree } from "./source-tree.ts";
import type { Foresight, PreparedStep, StepExecutor } from "./step-executor.ts";

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
  /** Steps whose files somebody will read in this build. */
  readonly readSteps: ReadonlySet<StepId>;
}

/** COPY and ADD (SPEC 3.6, 3.7). */
export class CopyExecutor implements StepExecutor<CopyStep> {
  readonly #options: CopyOptions;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  question(step: CopyStep, parent: Chain): string | undefined {
    const { remote, epoch } = this.#options;
    if (step.from.kind !== "context") return undefined;
    if (step.instruction === "ADD" && step.sources.some((source) => remote.isRemote(source)))
      return undefined;
    return canonicalJson([copyInputs(step, parent, [], epoch), step.sources]);
  }

  async prepare(step: CopyStep, parent: Chain, foresight: Foresight): Promise<PreparedStep> {
    const gathered = await this.#gather(step);
    const ahead = await this.#packAhead(step, parent, gathered, foresight);
    try {
      await Promise.all(gathered.map(readUnknown));
      const files = gathered.flatMap((group) =>
        group.kind === "remote" ? [group.source.inputs] : inputFiles(step, group),
      );
      return {
        inputs: copyInputs(step, parent, files, this.#options.epoch),
        execute: (_reporter, signal) =>
          ahead ? storeDraft(ahead) : this.#execute(step, parent, gathered, foresight, signal),
        ...(ahead ? { discard: () => ahead.discard() } : {}),
      };
    } catch (error) {
      await ahead?.discard();
      throw error;
    }
  }

  /**
   * Makes the layer of files that nobody has read yet before the key is known, so that they are read once. Undefined where that does
   * not pay, where the step will be found in the cache, and where it fails: whatever is wrong shows again, and better, without haste.
   */
  async #packAhead(
    step: CopyStep,
    parent: Chain,
    sources: readonly Gathered[],
    foresight: Foresight,
  ): Promise<DraftLayer | undefined> {
    if (!isMostlyUnread(step, sources)) return undefined;
    const { files: _, ...inputs } = copyInputs(step, parent, [], this.#options.epoch);
    if (!(await foresight.willRun(inputs))) return undefined;
    let draft: DraftLayer | undefined;
    try {
      draft = await this.#draft(step, parent, sources, { signal: foresight.signal });
      if (sources.every(isRead)) return draft;
    } catch (error) {
      if (foresight.signal.aborted) throw error;
    }
    await draft?.discard();
    return undefined;
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
    foresight: Foresight,
    signal: AbortSignal,
  ): Promise<LayerInfo> {
    const earlier = foresight.lastLayer();
    return storeDraft(await this.#draft(step, parent, sources, { earlier, signal }));
  }

  async #draft(
    step: CopyStep,
    parent: Chain,
    sources: readonly Gathered[],
    options: DraftOptions,
  ): Promise<DraftLayer> {
    const { access, target, readSteps } = this.#options;
    const { signal } = options;
    const independent = isIndependentLayer(step);
    const chain = independent ? EMPTY_CHAIN : parent;
    const below = await access.tree("stage", chain);
    const changes = new ChangeSet(below);
    const accounts = chain.layers.length > 0 ? accountReader(below) : undefined;
    const owner = step.chown === undefined ? undefined : await resolveOwner(step.chown, accounts);
    const mode = step.chmod === undefined ? undefined : parseModeChange(step.chmod);
    const place = (source: FileSource): Placement => ({
      destination: cleanPath(step.destination),
      destinationIsDirectory: step.destinationIsDirectory,
      owner,
      mode,
      bytes: deferred(source),
      linkIdentity: (entry) => source.linkIdentity(entry),
    });
    const scope = new CleanupScope();
    const unpacking: Unpacking = { changes, below, spool: this.#options.spool, scope, signal };
    return scope.around(async () => {
      for (const group of sources) {
        if (group.kind === "remote") await group.source.place(place(below), unpacking);
        else {
          const at = { ...place(group.tree), read: (entry: Entry) => asRead(group, entry) };
          await this.#placeLocal(step, group, at, unpacking);
        }
      }
      this.#placeHeredocs(step, changes, place(below));
      await changes.identify((entry, path) => hashSource(entry, path, signal));
      return draftLayer(changes.finish(), target, { ...options, unread: !readSteps.has(step.id) });
    });
  }

  async #placeLocal(
    step: CopyStep,
    { tree, selected }: Extract<Gathered, { kind: "local" }>,
    at: Placement,
    unpacking: Unpacking,
  ): Promise<void> {
    await tree.prepare(sourceFiles(selected));
    for (const [i, source] of selected.entries()) {
      const { root } = source;
      const mayUnpack = step.instruction === "ADD" && step.unpack !== false && root.type === "file";
      const archive = mayUnpack ? await openArchive(archiveSource(tree, root), unpacking.signal) : undefined;
      if (archive) await applyArchive(archive, { at, like: root }, unpacking);
      else placeSource(unpacking.changes, source, withinSource(at, i));
    }
  }

  #placeHeredocs(step: CopyStep, changes: ChangeSet, at: Placement): void {
    for (const { name, content } of step.heredocs) {
      const bytes = encodeName(content);
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

type FileSource = Pick<SourceTree, "locate" | "linkIdentity" | "witness">;

/** Where the bytes of a tree's files are, asked for when they are needed. */
function deferred(source: FileSource): Placement["bytes"] {
  const origin: FileOrigin = (path) => ({
    kind: "path",
    path: source.locate(path),
    witness: source.witness?.(path),
  });
  return ({ path }) => ({ kind: "deferred", path, origin });
}

function archiveSource(tree: SourceTree, entry: Entry): ArchiveSource {
  return { entry, path: tree.locate(entry.path), witness: tree.witness?.(entry.path) };
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
