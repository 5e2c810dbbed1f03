import { isSlipwayError } from "../core/errors.ts";
import type { EscapeCharacter } from "../dockerfile/directives.ts";
import { expandWord } from "../dockerfile/expand.ts";
import { ExpansionBudget } from "../dockerfile/expansion-budget.ts";
import type { ArgInstruction } from "../dockerfile/instructions.ts";

export interface ScopeSetting {
  readonly escape: EscapeCharacter;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly budget: ExpansionBudget;
}

export function scopeSetting(escape: EscapeCharacter, buildArgs: ReadonlyMap<string, string>): ScopeSetting {
  return { escape, buildArgs, budget: new ExpansionBudget() };
}

/** Variables while a stage is read. A value that is not known is not there, and whatever uses it is not known either. */
export class VariableScope {
  readonly #setting: ScopeSetting;
  readonly #values: Map<string, string>;
  readonly args = new Set<string>();
  readonly env: Set<string>;

  constructor(setting: ScopeSetting, inherited: Iterable<readonly [string, string]> = []) {
    this.#setting = setting;
    this.#values = new Map(inherited);
    this.env = new Set(this.#values.keys());
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** The text with its variables filled in; undefined where one has no value that is known, or the text cannot be expanded. */
  expand(text: string): string | undefined {
    if (text.length === 0) return text;
    try {
      const { escape, budget } = this.#setting;
      const { value, unset } = expandWord(text, (name) => this.#values.get(name), { escape, budget });
      return unset.length > 0 ? undefined : value;
    } catch (error) {
      if (isSlipwayError(error, "EXPANSION_FAILED")) return undefined;
      throw error;
    }
  }

  /** `globals`: what stands in for an ARG without a value of its own; none for those ahead of the first FROM. */
  declare({ args }: ArgInstruction, globals?: VariableScope): void {
    for (const { key, value } of args) {
      this.args.add(key);
      if (this.env.has(key)) continue;
      const given =
        this.#setting.buildArgs.get(key) ?? (value === undefined ? globals?.get(key) : this.expand(value));
      this.#set(key, given);
    }
  }

  /** All values see what was there ahead of the instruction. */
  setEnv(pairs: readonly { readonly key: string; readonly value: string }[]): void {
    const values = pairs.map(({ key, value }) => [this.expand(key) ?? key, this.expand(value)] as const);
    for (const [key, value] of values) {
      this.env.add(key);
      this.#set(key, value);
    }
  }

  /** What a stage that is based on this one begins with. */
  inherited(): readonly (readonly [string, string])[] {
    return [...this.#values].filter(([name]) => this.env.has(name));
  }

  #set(key: string, value: string | undefined): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}
