/** The part of JSON Schema (2020-12) that the schema of locks is written in, and that `checkValue` reads. */
export interface Schema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type: "object" | "string" | "integer";
  readonly const?: number;
  readonly pattern?: string;
  /** What the pattern wants, in words; not part of JSON Schema. */
  readonly "x-wanted"?: string;
  readonly minimum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly minProperties?: number;
}
