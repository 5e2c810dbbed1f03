/** The part of JSON Schema (2020-12) that a contract's schema is written in, and that `checkNode` reads. */
export interface Schema {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  /** Where `string` is among several, anything that is one word counts as it is written: `0640`, `1`, `true`. */
  readonly type?: SchemaType | readonly SchemaType[];
  readonly const?: number;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  /** What the pattern wants, in words; not part of JSON Schema. */
  readonly "x-wanted"?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  /** The schema for the kind of value that is there: at most one for text, one for mappings and one for lists. */
  readonly anyOf?: readonly Schema[];
}

export type SchemaType = "object" | "array" | "string" | "integer" | "number" | "boolean" | "null";
