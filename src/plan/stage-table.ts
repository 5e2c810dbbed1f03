import type { Platform } from "../core/platform.ts";
import type { SourceRange } from "../core/source-range.ts";
import type { Instruction } from "../dockerfile/instructions.ts";
import { invalidStage } from "./located.ts";
import type { NamedContext } from "./named-context.ts";

/** An instruction with the entries of the stage table that it reads from. */
export interface LinkedInstruction {
  readonly instruction: Instruction;
  readonly fromTrigger: boolean;
  /** COPY: at most one. RUN: one per mount, undefined where a mount has no `from`. */
  readonly sources: readonly (number | undefined)[];
}

/**
 * A row of the stage table: a FROM of the file, or an image that a COPY or a mount reads and that has no FROM of its own
 * (`implicit`). Rows of the file come first and have the index of their stage.
 */
export interface StageEntry {
  readonly index: number;
  readonly implicit: boolean;
  /** The FROM, or the instruction that named the image. */
  readonly source: SourceRange;
  /** Comment lines above that. */
  readonly comments: readonly string[];
  readonly name?: string;
  /** Name, or `stage-<index>`; for messages and step names. */
  readonly label: string;
  /** What FROM says after expansion. */
  readonly base: string;
  /** Global ARGs that the FROM used. */
  readonly usedArgs: ReadonlySet<string>;
  /** From `--platform`. */
  readonly platform?: Platform;
  /** Index of the stage that this one is based on. */
  readonly parent?: number;
  /** A named context called like the stage: it stands in for base and instructions (SPEC SG-09). */
  readonly replacement?: NamedContext;
  readonly instructions: readonly LinkedInstruction[];
}

export type NewStage = Omit<StageEntry, "index" | "implicit" | "label" | "parent">;

/** The stages of a build in file order, and who is called what (SPEC SG-01). Filled during planning, read afterwards. */
export class StageTable {
  readonly #entries: StageEntry[] = [];
  readonly #byName = new Map<string, number>();
  #writtenCount = 0;

  /** Adds the next stage of the file. Its base is an earlier stage if one is called exactly that (SPEC FR-03). */
  register(stage: NewStage): void {
    const index = this.#entries.length;
    const parent = stage.replacement ? undefined : this.#byName.get(stage.base);
    this.#entries.push({
      ...stage,
      index,
      implicit: false,
      label: stage.name ?? `stage-${index}`,
      ...(parent === undefined ? {} : { parent }),
    });
    this.#writtenCount++;
    if (stage.name !== undefined) this.#byName.set(stage.name, index);
  }

  /** Adds the image `reference` that no stage is called, and gives its index. */
  addImplicit(reference: string, { source, comments }: Instruction): number {
    const index = this.#entries.length;
    this.#entries.push({
      index,
      implicit: true,
      source,
      comments,
      label: `stage-${index}`,
      base: reference,
      usedArgs: new Set(),
      instructions: [],
    });
    return index;
  }

  get entries(): readonly StageEntry[] {
    return this.#entries;
  }

  /** The stages that have a FROM. */
  get written(): readonly StageEntry[] {
    return this.#entries.slice(0, this.#writtenCount);
  }

  /** How many stages have a FROM. */
  get writtenCount(): number {
    return this.#writtenCount;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Index of the latest stage with that name, in any case. */
  find(name: string): number | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The entry with that number; throws STAGE_INVALID. Implicit entries count too (SPEC CP-23). */
  at(index: number): StageEntry {
    const entry = this.#entries[index];
    if (!entry)
      throw invalidStage(
        `invalid stage index ${index}`,
        `stages are counted from 0 in file order; the last is ${this.#writtenCount - 1}`,
      );
    return entry;
  }

  /** Gives a stage other instructions: links filled in, or triggers put first. */
  setInstructions(index: number, instructions: readonly LinkedInstruction[]): void {
    this.#entries[index] = { ...this.at(index), instructions };
  }
}
