import { parse } from "yaml";

/** A YAML document as plain data. In a file of its own so that the parser is loaded only where a machine describes devices in YAML. */
export function parseYaml(text: string): unknown {
  return parse(text, { maxAliasCount: 100 });
}
