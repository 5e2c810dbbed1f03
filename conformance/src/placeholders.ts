/** Names that stand in Dockerfiles and arguments for what differs from run to run, such as ports; and the way back. */
export class Placeholders {
  readonly #values: readonly (readonly [name: string, value: string])[];

  /** `values` by name, without the `@` around it. */
  constructor(values: Readonly<Record<string, string>>) {
    this.#values = Object.entries(values).map(([name, value]) => [`@${name}@`, value] as const);
  }

  /** Puts values for names. */
  fill(text: string): string {
    return this.#values.reduce((filled, [name, value]) => filled.replaceAll(name, value), text);
  }

  /** Puts names for values, the longest value first, so that results of different runs can be compared. */
  restore(text: string): string {
    const byLength = [...this.#values].sort((a, b) => b[1].length - a[1].length);
    return byLength.reduce((restored, [name, value]) => restored.replaceAll(value, name), text);
  }
}
