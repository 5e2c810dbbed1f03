import type { Schema } from "./schema.ts";

const HINT: Schema = {
  description: "What to do where this does not hold; shown with the failure.",
  type: "string",
  minLength: 1,
  maxLength: 500,
};
const REQUIRED: Schema = { description: "false: counts only where it is there.", type: "boolean" };
const TEXT: Schema = { type: ["string", "number", "boolean"], maxLength: 4096 };
const ACCOUNT: Schema = {
  type: ["string", "integer"],
  pattern: "^[^\\s:,/]+$",
  "x-wanted": "a name or a number",
};
const ACCOUNTS: Schema = { anyOf: [ACCOUNT, { type: "array", items: ACCOUNT, minItems: 1 }] };
const MODE: Schema = {
  type: ["string", "integer"],
  pattern: "^0?[0-7]{3,4}$",
  "x-wanted": 'octal digits, for example "0640"',
};
const PATH: Schema = {
  type: "string",
  pattern: "^(/|\\$\\{)[^\\u0000-\\u001f]*$",
  "x-wanted": "an absolute path",
  maxLength: 1024,
};
const FIXED_PATH: Schema = { ...PATH, pattern: "^/[^\\u0000-\\u001f$]*$" };
const HOST_NAME: Schema = {
  type: "string",
  pattern: "^[^\\s/\\u0000-\\u001f]+$",
  "x-wanted": "a host name",
  maxLength: 253,
};
const PORT: Schema = {
  type: ["integer", "string"],
  pattern: "^([0-9]{1,5}|[^\\s]*\\$\\{[^\\s]+)$",
  "x-wanted": "a port from 1 to 65535",
};
const DURATION: Schema = {
  type: "string",
  pattern: "^(0|([0-9]+(\\.[0-9]+)?(ms|s|m|h))+)$",
  "x-wanted": "a duration, for example 10s",
};

/** Words or mappings: `short` alone, or a mapping with more to say. */
function listOf(short: Schema, long: Schema, description: string): Schema {
  return { description, type: "array", items: { anyOf: [short, long] } };
}

function mapping(
  required: readonly string[],
  properties: Readonly<Record<string, Schema>>,
  more: Partial<Schema> = {},
): Schema {
  return {
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties: { ...properties, hint: HINT },
    additionalProperties: false,
    ...more,
  };
}

const FILE_PROPERTIES: Readonly<Record<string, Schema>> = {
  required: REQUIRED,
  mode: { description: "Exactly these permission bits.", ...MODE },
  maxMode: { description: "No permission bits but these.", ...MODE },
  owner: { description: "Name or number of the owner.", ...ACCOUNT },
  group: { description: "Name or number of the group.", ...ACCOUNT },
};

/** The language of `preflight.yaml`. Published as `docs/preflight.schema.json`. */
export const CONTRACT_SCHEMA: Schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "What a container image presumes of the place where it is started",
  type: "object",
  required: ["version"],
  additionalProperties: false,
  properties: {
    version: { description: "Version of this language.", type: "integer", const: 1 },
    env: {
      description: "Variables of the environment, by name. A name alone: it must be set and not be empty.",
      type: "object",
      propertyNames: {
        type: "string",
        pattern: "^[A-Za-z_][A-Za-z0-9_]*$",
        "x-wanted": "a name of letters, digits and underscores that begins with no digit",
      },
      additionalProperties: {
        anyOf: [
          { type: "null" },
          mapping([], {
            required: REQUIRED,
            allowEmpty: { description: "true: an empty value is as good as any.", type: "boolean" },
            pattern: {
              description: "A regular expression for the whole value.",
              type: "string",
              minLength: 1,
              maxLength: 1000,
            },
            oneOf: { description: "The values that are possible.", type: "array", items: TEXT, minItems: 1 },
            secret: { description: "true: the value appears in no message.", type: "boolean" },
          }),
        ],
      },
    },
    secrets: listOf(
      {
        type: "string",
        pattern: "^(/[^\\u0000-\\u001f$]*|[A-Za-z0-9_.-]+)$",
        "x-wanted": "the name of a secret, or an absolute path",
      },
      mapping(["name"], {
        name: {
          description: "Names /run/secrets/NAME.",
          type: "string",
          pattern: "^[A-Za-z0-9_.-]+$",
          "x-wanted": "a name of letters, digits and _ . -",
        },
        path: { description: "Where it is, if elsewhere.", ...PATH },
        ...FILE_PROPERTIES,
      }),
      "Files with secrets; they must be readable and not be empty.",
    ),
    files: listOf(
      PATH,
      mapping(["path"], {
        path: { description: "Absolute; ${NAME} stands for a variable.", ...PATH },
        type: {
          description: "link: a symbolic link that leads to something.",
          type: "string",
          enum: ["file", "dir", "socket", "link", "any"],
        },
        ...FILE_PROPERTIES,
        access: {
          description: "What the container's user must be able to do.",
          type: "array",
          items: { type: "string", enum: ["read", "write", "execute"] },
          minItems: 1,
        },
        nonEmpty: { description: "true: a file must have bytes.", type: "boolean" },
      }),
      "Files that must be there.",
    ),
    volumes: listOf(
      FIXED_PATH,
      mapping(["path"], {
        path: FIXED_PATH,
        access: {
          description: "rw: the container's user can write; ro: nobody can.",
          type: "string",
          enum: ["any", "rw", "ro"],
        },
      }),
      "Folders or files at which, or above which, something must be mounted.",
    ),
    links: listOf(
      HOST_NAME,
      mapping(["name"], { name: HOST_NAME }),
      "Names of other containers that must resolve.",
    ),
    hosts: listOf(HOST_NAME, mapping(["name"], { name: HOST_NAME }), "Host names that must resolve."),
    tcp: listOf(
      {
        type: "string",
        pattern: "^[^\\s/]+:[^\\s/]+$",
        "x-wanted": "HOST:PORT",
        maxLength: 300,
      },
      mapping(["host", "port"], {
        host: HOST_NAME,
        port: PORT,
        within: { description: "How long may pass before it answers.", ...DURATION },
      }),
      "Endpoints that must accept connections.",
    ),
    ports: listOf(
      PORT,
      mapping(["port"], { port: PORT, protocol: { type: "string", enum: ["tcp", "udp"] } }),
      "Ports that nothing else in the container's network may listen on.",
    ),
    user: {
      description: "Whom the container must, or must not, run as.",
      anyOf: [ACCOUNT, mapping([], { is: ACCOUNTS, not: ACCOUNTS }, { minProperties: 1 })],
    },
    rootfs: {
      description: "Whether the root filesystem must be read-only or writable.",
      anyOf: [
        { type: "string", enum: ["read-only", "writable"] },
        mapping(["access"], { access: { type: "string", enum: ["read-only", "writable"] } }),
      ],
    },
    resources: {
      description: "The least that the container must have.",
      ...mapping(
        [],
        {
          memory: {
            type: ["string", "integer"],
            pattern: "^[0-9]+(\\.[0-9]+)?\\s*[bkmgtBKMGT]?([iI]?[bB])?$",
            "x-wanted": "a size, for example 64m",
          },
          cpus: {
            type: ["string", "number"],
            pattern: "^[0-9]+(\\.[0-9]{1,3})?$",
            "x-wanted": "a number of processors, for example 0.5",
          },
        },
        { minProperties: 1 },
      ),
    },
  },
};
