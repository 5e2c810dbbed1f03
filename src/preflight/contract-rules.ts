import { automatonOf } from "./automaton.ts";
import type { Plain } from "./check-node.ts";
import type {
  Access,
  Contract,
  EndpointRule,
  FileRule,
  FileType,
  PortRule,
  VariableRule,
} from "./contract.ts";
import { milliCpus, octal, sizeInBytes, wholeSeconds } from "./quantities.ts";
import { hasVariables, parseTemplate, type Template, variablesOf, writtenText } from "./template.ts";
import { PatternError } from "./value-pattern.ts";

type Fields = Readonly<Record<string, Plain>>;

/** Told of a mistake that no schema finds, and of the path of the value that it is in. */
export type ComplainAbout = (path: string, message: string, hint?: string) => void;

/** Makes rules of what the schema let pass; what is missing or wrong is left out, and told where no schema tells it. */
export function contractOf(plain: Fields, complain: ComplainAbout): Contract {
  const rules = new RuleReader(complain);
  const { user, rootfs, resources } = plain;
  return {
    env: Object.entries(fields(plain.env)).map(([name, value]) => rules.variable(name, fields(value))),
    files: [
      ...rules.list(plain.secrets, "secrets", rules.secret),
      ...rules.list(plain.files, "files", rules.file),
    ],
    volumes: rules.list(plain.volumes, "volumes", (value) => {
      const own = typeof value === "string" ? { path: value } : fields(value);
      return { path: text(own.path), access: text(own.access, "any") as "any" | "rw" | "ro", ...hint(own) };
    }),
    hosts: [
      ...rules.list(plain.links, "links", (value, path) => rules.host(value, path, true)),
      ...rules.list(plain.hosts, "hosts", (value, path) => rules.host(value, path, false)),
    ],
    tcp: rules.list(plain.tcp, "tcp", rules.endpoint),
    ports: rules.list(plain.ports, "ports", rules.port),
    ...(user === undefined ? {} : { user: rules.user(user) }),
    ...(rootfs === undefined ? {} : { root: rootOf(rootfs) }),
    ...rules.floors(fields(resources)),
  };
}

class RuleReader {
  readonly #complain: ComplainAbout;

  constructor(complain: ComplainAbout) {
    this.#complain = complain;
  }

  list<T>(value: Plain | undefined, name: string, read: (item: Plain, path: string) => T): T[] {
    return Array.isArray(value) ? value.map((item: Plain, i) => read(item, `${name}/${i}`)) : [];
  }

  variable(name: string, own: Fields): VariableRule {
    const path = `env/${name}`;
    this.#name(name, path);
    const pattern = optional(own.pattern);
    if (pattern !== undefined) this.#pattern(pattern, `${path}/pattern`);
    const oneOf = Array.isArray(own.oneOf) ? own.oneOf.map((value: Plain) => text(value)) : undefined;
    if (pattern !== undefined && oneOf)
      this.#complain(path, `env.${name} has both pattern and oneOf`, "keep one of them");
    return {
      name,
      required: own.required !== false,
      allowEmpty: own.allowEmpty === true || (oneOf?.includes("") ?? false),
      secret: own.secret === true,
      ...(pattern === undefined ? {} : { pattern }),
      ...(oneOf ? { oneOf } : {}),
      ...hint(own),
    };
  }

  #name(name: string, path: string): void {
    if (SHELL_NAMES.has(name) || name.startsWith("pf_"))
      this.#complain(
        path,
        `${name} is a name that shells and entry scripts use themselves`,
        "use another name",
      );
  }

  #pattern(pattern: string, path: string): void {
    try {
      automatonOf(pattern);
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.#complain(path, `the pattern ${JSON.stringify(pattern)} cannot be used: ${error.message}`);
    }
  }

  readonly secret = (value: Plain, path: string): FileRule => {
    const own =
      typeof value !== "string" ? fields(value) : value.startsWith("/") ? { path: value } : { name: value };
    const place = optional(own.path) ?? `/run/secrets/${text(own.name)}`;
    return {
      ...this.#fileRule({ ...own, path: place }, path),
      secret: true,
      type: "file",
      access: ["read"],
      nonEmpty: true,
    };
  };

  readonly file = (value: Plain, path: string): FileRule =>
    this.#fileRule(typeof value === "string" ? { path: value } : fields(value), path);

  #fileRule(own: Fields, path: string): FileRule {
    const { mode, maxMode, owner, group } = own;
    if (mode !== undefined && maxMode !== undefined)
      this.#complain(path, "mode and maxMode exclude each other", "keep one of them");
    return {
      path: this.#template(own.path, `${path}/path`),
      secret: false,
      required: own.required !== false,
      type: text(own.type, "any") as FileType,
      access: Array.isArray(own.access) ? (own.access as Access[]) : [],
      nonEmpty: own.nonEmpty === true,
      ...(mode === undefined ? {} : { mode: octal(text(mode)) }),
      ...(maxMode === undefined ? {} : { maxMode: octal(text(maxMode)) }),
      ...(owner === undefined ? {} : { owner: text(owner) }),
      ...(group === undefined ? {} : { group: text(group) }),
      ...hint(own),
    };
  }

  host(value: Plain, path: string, isLink: boolean) {
    const own = typeof value === "string" ? { name: value } : fields(value);
    return { name: this.#template(own.name, path), isLink, ...hint(own) };
  }

  readonly endpoint = (value: Plain, path: string): EndpointRule => {
    const own = typeof value === "string" ? splitEndpoint(value) : fields(value);
    const within = optional(own.within);
    const seconds = within === undefined ? 0 : wholeSeconds(within);
    if (seconds > LONGEST_WAIT)
      this.#complain(`${path}/within`, `${within} is longer than an hour`, "give a time like 30s");
    return {
      host: this.#template(own.host, `${path}/host`),
      port: this.#portNumber(own.port, `${path}/port`),
      within: seconds,
      ...hint(own),
    };
  };

  readonly port = (value: Plain, path: string): PortRule => {
    const own = typeof value === "string" ? { port: value } : fields(value);
    return {
      port: this.#portNumber(own.port, path),
      protocol: text(own.protocol, "tcp") as "tcp" | "udp",
      ...hint(own),
    };
  };

  user(value: Plain) {
    const own: Fields = typeof value === "string" ? { is: value } : fields(value);
    const is = words(own.is);
    const isNot = words(own.not);
    for (const name of is)
      if (isNot.includes(name))
        this.#complain("user", `the user must be ${name}, and must not`, "keep one of them");
    return { is, isNot, ...hint(own) };
  }

  floors(own: Fields) {
    const memory = optional(own.memory);
    const cpus = optional(own.cpus);
    const floor = (name: string, written: string, least: number) => {
      if (!(least > 0 && least <= Number.MAX_SAFE_INTEGER))
        this.#complain(`resources/${name}`, `resources.${name} is ${written}, and must be more than nothing`);
      return { least, text: written, ...hint(own) };
    };
    return {
      ...(memory === undefined ? {} : { memory: floor("memory", memory, sizeInBytes(memory)) }),
      ...(cpus === undefined ? {} : { cpus: floor("cpus", cpus, milliCpus(cpus)) }),
    };
  }

  #template(value: Plain | undefined, path: string): Template {
    const template = parseTemplate(text(value));
    for (const name of template ? variablesOf(template) : []) this.#name(name, path);
    if (template) return template;
    this.#complain(
      path,
      `${JSON.stringify(text(value))} has a "$" that begins no variable`,
      "write ${NAME} or ${NAME:-otherwise}, and $$ for the character",
    );
    return [];
  }

  #portNumber(value: Plain | undefined, path: string): Template {
    const template = this.#template(value, path);
    if (
      value !== undefined &&
      template.length > 0 &&
      !hasVariables(template) &&
      !isPort(writtenText(template))
    )
      this.#complain(path, `${writtenText(template)} is no port`, "ports are numbers from 1 to 65535");
    return template;
  }
}

/** A number from 1 to 65535. */
export function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
}

const LONGEST_WAIT = 3600;

/** Shells set them themselves, so that an entry script could not tell what the container was given. */
const SHELL_NAMES: ReadonlySet<string> = new Set(
  "_ IFS LINENO OPTARG OPTIND PPID PS1 PS2 PS4 PWD OLDPWD RANDOM SECONDS SHLVL UID EUID GROUPS".split(" "),
);

/** IPv6 addresses stand in brackets. */
function splitEndpoint(endpoint: string): Fields {
  const bracketed = /^\[([^\]]+)\]:(.+)$/.exec(endpoint);
  if (bracketed) return { host: bracketed[1]!, port: bracketed[2]! };
  // A colon inside of `${NAME:-otherwise}` separates nothing.
  const [, host = "", port = ""] = /^((?:\$\{[^}]*\}|[^:$])+):(.+)$/.exec(endpoint) ?? ["", endpoint, "-"];
  return { host, port };
}

function rootOf(value: Plain) {
  const own = typeof value === "string" ? { access: value } : fields(value);
  return { readOnly: own.access === "read-only", ...hint(own) };
}

function hint(own: Fields): { readonly hint?: string } {
  return typeof own.hint === "string" ? { hint: own.hint.trim().replaceAll(/\s+/g, " ") } : {};
}

function fields(value: Plain | undefined): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : {};
}

function words(value: Plain | undefined): readonly string[] {
  return Array.isArray(value)
    ? value.map((one: Plain) => text(one))
    : typeof value === "string"
      ? [value]
      : [];
}

function optional(value: Plain | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function text(value: Plain | undefined, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}
