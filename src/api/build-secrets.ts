import { MEDIA } from "../core/descriptor.ts";
import type { BuildEvent, StepId } from "../core/events.ts";
import { Toc } from "../layer/toc.ts";
import { CleanNotes } from "../leak/clean-notes.ts";
import type { KnownSecret } from "../leak/known-secret.ts";
import { redactError } from "../leak/redact-error.ts";
import { redactValue, SecretRedactor } from "../leak/redact-secrets.ts";
import { type ConfigFinding, searchConfig } from "../leak/search-config.ts";
import { searchLayer } from "../leak/search-layer.ts";
import { SecretSearch } from "../leak/secret-search.ts";
import type { LayerContent } from "../output/layer-content.ts";
import type { StagePlan } from "../plan/graph.ts";
import type { BuildOptions } from "./build-options.ts";
import type { PlatformBuild } from "./build-run.ts";
import { lineageOf } from "./lineage.ts";
import { type Leak, leaked } from "./secret-leak.ts";
import type { Session } from "./session.ts";

type LogStream = Extract<BuildEvent, { type: "step.log" }>["stream"];

/** What is searched when a build is done. */
export interface SearchedBuild {
  readonly builds: readonly PlatformBuild[];
  readonly content: LayerContent;
  readonly session: Session;
  readonly options: BuildOptions;
}

/** The secrets that a build knows: what is shown is free of them, and what they have got into does not leave. */
export class BuildSecrets {
  readonly #all: SecretSearch;
  /** Without those that the user lets through. */
  readonly #refused: SecretSearch;
  readonly #allowed: ReadonlySet<string>;
  /** Of steps that write. */
  readonly #logs = new Map<StepId, Map<LogStream, SecretRedactor>>();

  constructor(secrets: readonly KnownSecret[], allowed: readonly string[]) {
    this.#allowed = new Set(allowed);
    this.#all = new SecretSearch(secrets);
    this.#refused = new SecretSearch(secrets.filter(({ id }) => !this.#allowed.has(id)));
  }

  /**
   * Everything that people or programs are told, without secrets. What a step writes comes in pieces: an end that may be the beginning of a secret is kept
   * until more comes, or the step ends.
   */
  events(event: BuildEvent): readonly BuildEvent[] {
    if (event.type === "step.log") {
      const data = this.#logOf(event.id, event.stream).push(event.data);
      return data.length > 0 ? [{ ...event, data }] : [];
    }
    const told = redactValue(event, this.#all);
    return [...endedBy(event, this.#logs).flatMap((id) => this.#restOfLog(id, event.time)), told];
  }

  #logOf(id: StepId, stream: LogStream): SecretRedactor {
    const streams = this.#logs.get(id) ?? new Map<LogStream, SecretRedactor>();
    this.#logs.set(id, streams);
    const redactor = streams.get(stream) ?? new SecretRedactor(this.#all, () => {});
    streams.set(stream, redactor);
    return redactor;
  }

  /** What a step that has ended left behind. */
  #restOfLog(id: StepId, time: number): readonly BuildEvent[] {
    const streams = [...(this.#logs.get(id) ?? [])];
    this.#logs.delete(id);
    return streams.flatMap(([stream, redactor]) => {
      const data = redactor.end();
      return data.length > 0 ? [{ type: "step.log" as const, id, time, stream, data }] : [];
    });
  }

  /** A value without secrets in its texts. */
  readonly redacted = <T>(value: T): T => redactValue(value, this.#all);

  /** An error of any kind without secrets. */
  error(error: unknown): unknown {
    return redactError(error, this.#all);
  }

  /** For the output of one process. */
  watchOutput() {
    const leaks = new Set<string>();
    const streams = new Map<string, SecretRedactor>();
    const redactorOf = (stream: string) => {
      const known = streams.get(stream) ?? new SecretRedactor(this.#all, (id) => leaks.add(id));
      streams.set(stream, known);
      return known;
    };
    return {
      push: (stream: string, bytes: Uint8Array) => redactorOf(stream).push(bytes),
      end: (stream: string) => redactorOf(stream).end(),
      refused: () => [...leaks].filter((id) => !this.#allowed.has(id)),
    };
  }

  /** Throws `SECRET_LEAKED` where a secret is in a layer that this build made for the image, in its config, or in what it is given along. */
  async check(build: SearchedBuild): Promise<void> {
    if (this.#refused.secrets.length === 0) return;
    const { annotations = [], tags = [] } = build.options;
    const leaks: Leak[] = [];
    for (const [what, texts] of Object.entries({ annotation: annotations, tag: tags }))
      for (const match of this.#refused.all(Buffer.from(texts.join("\n"))))
        leaks.push({ match, place: `${what} of the image` });
    for (const one of build.builds) {
      leaks.push(...this.#configLeaks(one));
      leaks.push(...(await this.#layerLeaks(one, build)));
    }
    if (leaks.length > 0) throw leaked(leaks);
  }

  #configLeaks({ plan, image, label }: PlatformBuild): readonly Leak[] {
    const lineage = lineageOf(plan);
    const own = lineage.flatMap(({ history }) => history);
    const steps = new Map(lineage.flatMap((stage) => stage.steps.map((step) => [step.id, step])));
    const base = image.baseHistory.length;
    return searchConfig(image.config, this.#refused, base).map(({ match, place, history, writtenBy }) => {
      const item = history === undefined ? writtenBy && lastItem(own, writtenBy) : own[history - base];
      const step = item && (item.stepId === undefined ? instructionOf(item) : steps.get(item.stepId));
      return { match, place: `${place}${of(label)}`, ...(step ? { step } : {}) };
    });
  }

  async #layerLeaks(
    { plan, execution, label }: PlatformBuild,
    { content, session }: SearchedBuild,
  ): Promise<readonly Leak[]> {
    const { store } = session;
    const { layers, baseLayers } = execution.target;
    const steps = lineageOf(plan).flatMap((stage) => stage.steps);
    const notes = new CleanNotes(store, this.#refused.secrets);
    const leaks: Leak[] = [];
    for (const [i, { diffId, info }] of layers.entries()) {
      if (i < baseLayers || info === undefined || info.entries === 0 || notes.has(diffId)) continue;
      await session.keepContent();
      const toc = Toc.open(store.layers.toc(diffId));
      const descriptor = { mediaType: MEDIA.ociLayer, digest: diffId, size: info.tarSize };
      const found = await searchLayer(toc, await content.open(descriptor), this.#refused);
      if (found.length === 0) notes.add(diffId);
      const step = steps[i - baseLayers];
      for (const { match, path, part } of found)
        leaks.push({
          match,
          place: `${part === "name" ? "the name of " : ""}/${path}${of(label)}`,
          ...(step ? { step } : {}),
        });
    }
    return leaks;
  }
}

/** The steps that write no more. */
function endedBy(event: BuildEvent, writing: ReadonlyMap<StepId, unknown>): readonly StepId[] {
  switch (event.type) {
    case "step.done":
    case "step.error":
    case "step.cancelled":
      return [event.id];
    case "build.done":
    case "build.error":
      return [...writing.keys()];
    default:
      return [];
  }
}

type OwnItem = StagePlan["history"][number];

/** What comes later replaces what was there. */
function lastItem(
  items: readonly OwnItem[],
  { instruction, part }: NonNullable<ConfigFinding["writtenBy"]>,
): OwnItem | undefined {
  return items.findLast(
    ({ created_by = "" }) => created_by.startsWith(`${instruction} `) && created_by.includes(part),
  );
}

/** An instruction without a step by its first word: the rest may be the secret. */
function instructionOf({ created_by = "", source }: OwnItem): Leak["step"] {
  return source && { name: created_by.split(" ", 1)[0]!, source };
}

function of(label: string): string {
  return label === "" ? "" : ` (${label})`;
}
