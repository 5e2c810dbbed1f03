import { suggest } from "../core/suggest.ts";
import { type MountField, mountFields } from "../dockerfile/mount-flag.ts";
import { didYouMean } from "./did-you-mean.ts";
import { invalidInstruction } from "./located.ts";
import { oneOf, parseBoolean, parseId, parseSize } from "./mount-values.ts";

const TYPES = ["bind", "cache", "tmpfs", "secret", "ssh"] as const;
const SHARING = ["shared", "private", "locked"] as const;

/** What a `--mount` flag says, checked and with defaults for type and access (SPEC MT-01 to MT-05). */
export interface MountOptions {
  readonly type: (typeof TYPES)[number];
  readonly from?: string;
  readonly source?: string;
  readonly target?: string;
  readonly readOnly: boolean;
  readonly required: boolean;
  readonly size?: number;
  readonly id?: string;
  readonly sharing?: (typeof SHARING)[number];
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: string;
}

/** Options as far as they have been read; `readOnly` is undefined until one is written. */
type Draft = Omit<MountOptions, "readOnly"> & { readonly readOnly?: boolean };

type Setter = (draft: Draft, value: string, key: string) => Draft;

const SETTERS: Readonly<Record<string, Setter>> = {
  type: (draft, value) => ({ ...draft, type: oneOf("mount type", value, TYPES) }),
  from: (draft, from) => ({ ...draft, from }),
  source: (draft, source) => ({ ...draft, source }),
  src: (draft, source) => ({ ...draft, source }),
  target: (draft, target) => ({ ...draft, target }),
  dst: (draft, target) => ({ ...draft, target }),
  destination: (draft, target) => ({ ...draft, target }),
  readonly: (draft, value, key) => ({ ...draft, readOnly: parseBoolean(key, value) }),
  ro: (draft, value, key) => ({ ...draft, readOnly: parseBoolean(key, value) }),
  readwrite: (draft, value, key) => ({ ...draft, readOnly: !parseBoolean(key, value) }),
  rw: (draft, value, key) => ({ ...draft, readOnly: !parseBoolean(key, value) }),
  required: (draft, value, key) => {
    checkType(draft, key, ["secret", "ssh"]);
    return { ...draft, required: parseBoolean(key, value) };
  },
  size: (draft, value, key) => {
    checkType(draft, key, ["tmpfs"]);
    return { ...draft, size: parseSize(key, value) };
  },
  id: (draft, id) => ({ ...draft, id }),
  sharing: (draft, value) => ({ ...draft, sharing: oneOf("sharing value", value, SHARING) }),
  mode: (draft, value, key) => ({ ...draft, mode: parseId(key, value, 8) }),
  uid: (draft, value, key) => ({ ...draft, uid: parseId(key, value, 10) }),
  gid: (draft, value, key) => ({ ...draft, gid: parseId(key, value, 10) }),
  env: (draft, env) => ({ ...draft, env }),
};

/** Keys that may stand alone and then mean `true`. */
const LONE_WORDS: ReadonlySet<string> = new Set(["readonly", "ro", "readwrite", "rw", "required"]);

/**
 * Reads a `--mount` flag; `expand` is applied to every value but `from` (SPEC MT-03, EX-17). The type has to come before
 * the options that depend on it (MT-02). Throws INSTRUCTION_INVALID, or whatever `expand` throws.
 */
export function parseMount(text: string, expand: (value: string) => string): MountOptions {
  let draft: Draft = { type: "bind", required: false };
  for (const field of mountFields(text)) draft = applyField(draft, field, expand);
  const { type } = draft;
  checkCombination(draft);
  return { ...draft, readOnly: draft.readOnly ?? (type !== "cache" && type !== "tmpfs") };
}

function applyField(
  draft: Draft,
  { key, value, text }: MountField,
  expand: (value: string) => string,
): Draft {
  const set = Object.hasOwn(SETTERS, key) ? SETTERS[key] : undefined;
  if (value === undefined) {
    if (set && LONE_WORDS.has(key)) return set(draft, "true", key);
    throw invalidInstruction(
      `invalid field '${text}' must be a key=value pair`,
      "write the key, `=` and a value",
    );
  }
  const expanded = key === "from" ? value : expand(value);
  if (set) return set(draft, expanded, key);
  throw invalidInstruction(
    `unexpected key '${key}' in '${text}'${didYouMean(suggest(key, Object.keys(SETTERS)))}`,
    `known keys: ${Object.keys(SETTERS).join(", ")}`,
  );
}

function checkType(draft: Draft, key: string, types: readonly MountOptions["type"][]): void {
  if (types.includes(draft.type)) return;
  throw invalidInstruction(
    `unexpected key '${key}' for mount type '${draft.type}'`,
    `\`${key}\` goes with ${types.map((type) => `type=${type}`).join(" and ")}, which has to come before it`,
  );
}

function checkCombination(draft: Draft): void {
  const { type, sharing } = draft;
  if (type === "bind" || type === "tmpfs")
    for (const key of ["mode", "uid", "gid"] as const)
      if (draft[key] !== undefined)
        throw invalidInstruction(`${key} not allowed for "${type}" type mounts`, `leave ${key} out`);
  if (type === "secret") checkSecret(draft);
  else if (sharing && type !== "cache")
    throw invalidInstruction(`invalid cache sharing set for ${type} mount`, "leave sharing out");
  if (type === "ssh" && draft.source)
    throw invalidInstruction("ssh does not support source", "name the agent with id=");
}

function checkSecret({ from, sharing, source, target, id }: Draft): void {
  if (from) throw invalidInstruction("secret mount should not have a from", "leave from out");
  if (sharing) throw invalidInstruction("secret mount should not define sharing", "leave sharing out");
  if (!source && !target && !id)
    throw invalidInstruction("invalid secret mount. one of source, target required", "add `id=<name>`");
  if (source && id) throw invalidInstruction("both source and id can't be set", "leave source out");
}
