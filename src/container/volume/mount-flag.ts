import { resolve } from "node:path";
import { parseKeyValues } from "../../core/csv.ts";
import { SlipwayError } from "../../core/errors.ts";
import {
  IGNORED_MODES,
  type MountRequest,
  mountTarget,
  PROPAGATIONS,
  refusePropagation,
} from "./mount-request.ts";
import { tmpfsRequest } from "./tmpfs-flag.ts";
import { isVolumeName } from "./volume-store.ts";

/** Keys of `--mount` by the name they are kept under. */
const KEYS: Readonly<Record<string, string>> = {
  ...{ type: "type", source: "source", src: "source" },
  ...{ target: "target", dst: "target", destination: "target" },
  ...{ readonly: "readonly", ro: "readonly", consistency: "consistency" },
  ...{ "bind-propagation": "bind-propagation", "bind-nonrecursive": "bind-nonrecursive" },
  ...{ "bind-recursive": "bind-recursive", "bind-create-src": "bind-create-src" },
  ...{ "volume-nocopy": "volume-nocopy", "volume-subpath": "volume-subpath" },
  ...{ "volume-label": "volume-label", "volume-driver": "volume-driver" },
  ...{ "tmpfs-size": "tmpfs-size", "tmpfs-mode": "tmpfs-mode" },
};

const TYPES = ["bind", "volume", "tmpfs"] as const;
type MountType = (typeof TYPES)[number];

/** Parses what `--mount` says: Docker's keys, comma-separated; a volume where no type is named. Pure. Throws `USAGE`. */
export function parseMountFlag(text: string, cwd: string): MountRequest {
  const fields = new Fields(text);
  const type = fields.type();
  fields.refuseOthersThan(type);
  const path = fields.get("target");
  if (path === undefined) throw fields.wrong("target is required");
  const target = mountTarget(path, text);
  switch (type) {
    case "bind":
      return bind(fields, target, cwd);
    case "volume":
      return volume(fields, target);
    case "tmpfs":
      return tmpfs(fields, target);
    default:
      return type satisfies never;
  }
}

function bind(fields: Fields, target: string, cwd: string): MountRequest {
  const source = fields.get("source");
  if (!source) throw fields.wrong("a bind mount needs a source");
  const mode = fields.get("bind-propagation");
  if (mode !== undefined && PROPAGATIONS.has(mode)) refusePropagation(mode, fields.text);
  if (mode !== undefined && !IGNORED_MODES.has(mode))
    throw fields.wrong(`unknown propagation ${JSON.stringify(mode)}`);
  const recursive = fields.get("bind-recursive") ?? "enabled";
  if (!["enabled", "disabled"].includes(recursive))
    throw fields.wrong("bind-recursive is enabled or disabled");
  const isSingle = recursive === "disabled" || fields.flag("bind-nonrecursive");
  return {
    ...{ type: "bind", source: resolve(cwd, source), target },
    readOnly: fields.flag("readonly"),
    makesSource: fields.flag("bind-create-src"),
    ...(isSingle ? { isSingle } : {}),
  };
}

function volume(fields: Fields, target: string): MountRequest {
  const name = fields.get("source") || undefined;
  if (name !== undefined && !isVolumeName(name))
    throw fields.wrong(
      `${JSON.stringify(name)} is no name of a volume`,
      "a path of this machine goes with type=bind",
    );
  if ((fields.get("volume-driver") ?? "local") !== "local")
    throw fields.wrong("the only volume driver is local");
  const subpath = fields.get("volume-subpath");
  if (subpath?.startsWith("/")) throw fields.wrong("volume-subpath is relative to the volume");
  const labels = Object.fromEntries(fields.all("volume-label").map(splitLabel));
  return {
    ...{ type: "volume", target, readOnly: fields.flag("readonly"), anonymous: name === undefined },
    ...(name === undefined ? {} : { name }),
    ...(fields.flag("volume-nocopy") ? { noCopy: true } : {}),
    ...(subpath ? { subpath } : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
  };
}

function tmpfs(fields: Fields, target: string): MountRequest {
  if (fields.get("source")) throw fields.wrong("a tmpfs has no source");
  const size = fields.get("tmpfs-size");
  const mode = fields.get("tmpfs-mode");
  if (mode !== undefined && !/^[0-7]{1,4}$/.test(mode)) throw fields.wrong("tmpfs-mode is an octal number");
  return tmpfsRequest(target, {
    readOnly: fields.flag("readonly"),
    ...(size === undefined ? {} : { size: bytes(size, fields) }),
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
  });
}

function bytes(text: string, fields: Fields): number {
  const match = /^(\d+)([kmgt]?)(?:i?b)?$/i.exec(text);
  if (!match) throw fields.wrong(`invalid tmpfs-size ${JSON.stringify(text)}`);
  return Number(match[1]) * unit(match[2]);
}

function unit(letter: string | undefined): number {
  return letter ? 1024 ** ("kmgt".indexOf(letter.toLowerCase()) + 1) : 1;
}

function splitLabel(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** The words of one flag. */
class Fields {
  readonly text: string;
  readonly #values: readonly (readonly [string, string | undefined])[];

  constructor(text: string) {
    this.text = text;
    this.#values = parseKeyValues(text).map(({ key, value }) => {
      const name = KEYS[key.toLowerCase()];
      if (name === undefined) throw this.wrong(`unknown key ${JSON.stringify(key)}`);
      return [name, value];
    });
  }

  get(name: string): string | undefined {
    return this.all(name).at(-1);
  }

  all(name: string): readonly string[] {
    return this.#values.flatMap(([key, value]) => (key === name ? [this.#valueOf(key, value)] : []));
  }

  /** `readonly` alone, or with a value. */
  flag(name: string): boolean {
    const found = this.#values.findLast(([key]) => key === name);
    if (!found) return false;
    const [, value = "true"] = found;
    if (/^(1|t|true)$/i.test(value)) return true;
    if (/^(0|f|false)$/i.test(value)) return false;
    throw this.wrong(`${name} is true or false`);
  }

  type(): MountType {
    const text = this.get("type")?.toLowerCase() ?? "volume";
    const type = TYPES.find((name) => name === text);
    if (type) return type;
    throw this.wrong(`there are no mounts of type ${JSON.stringify(text)}`, "use bind, volume or tmpfs");
  }

  refuseOthersThan(type: MountType): void {
    for (const [key] of this.#values) {
      const owner = /^(bind|volume|tmpfs)-/.exec(key)?.[1];
      if (owner !== undefined && owner !== type) throw this.wrong(`${key} is not for mounts of type ${type}`);
    }
  }

  wrong(why: string, hint?: string): SlipwayError<"USAGE"> {
    return new SlipwayError("USAGE", `invalid mount ${JSON.stringify(this.text)}: ${why}`, {
      hint: hint ?? "for example --mount type=bind,source=/here,target=/inside,readonly",
    });
  }

  #valueOf(key: string, value: string | undefined): string {
    if (value === undefined) throw this.wrong(`${key} must be a key=value pair`);
    return value;
  }
}
