import { formatPlatform } from "../core/platform.ts";
import type { ContainerConfig, Healthcheck, ImageConfig } from "../image/config.ts";
import type { ComparedDocuments } from "./compared-image.ts";
import type { ChangeKind, ConfigChange } from "./image-diff.ts";

/**
 * The fields in which two configurations differ: variables, labels, ports, volumes, annotations and parts of the health check one by one. The order of
 * variables does not count, nor do times but where they are asked for.
 */
export function diffConfigs(
  before: ComparedDocuments,
  after: ComparedDocuments,
  times: boolean,
): readonly ConfigChange[] {
  const [old, now] = [fieldsOf(before.config, times), fieldsOf(after.config, times)];
  const plain = [...old.keys()].flatMap((field) => change({ field }, old.get(field), now.get(field)));
  const [oldTables, nowTables] = [tablesOf(before), tablesOf(after)];
  const keyed = [...oldTables.keys()].flatMap((field) =>
    diffTable(field, oldTables.get(field)!, nowTables.get(field)!),
  );
  return [...plain, ...keyed];
}

type Table = ReadonlyMap<string, unknown>;

/** Each has every field. */
function fieldsOf({ platform, author, created, config }: ImageConfig, times: boolean): Table {
  const { User, WorkingDir, StopSignal, ArgsEscaped, Entrypoint, Cmd, Shell, OnBuild } = config;
  const version = [platform.osVersion, ...(platform.osFeatures ?? [])].filter(Boolean).join(",");
  return new Map<string, unknown>([
    ["Platform", formatPlatform(platform) + (version && ` (${version})`)],
    ["Author", author],
    ...(times ? ([["Created", created]] as const) : []),
    ["User", User || undefined],
    ["WorkingDir", WorkingDir || undefined],
    ["Entrypoint", filled(Entrypoint)],
    ["Cmd", filled(Cmd)],
    ["Shell", filled(Shell)],
    ["OnBuild", filled(OnBuild)],
    ["StopSignal", StopSignal || undefined],
    ["ArgsEscaped", ArgsEscaped || undefined],
  ]);
}

function tablesOf({ config: { config }, annotations }: ComparedDocuments): ReadonlyMap<string, Table> {
  return new Map<string, Table>([
    ["Env", variablesOf(config)],
    ["Labels", new Map(Object.entries(config.Labels ?? {}))],
    ["ExposedPorts", present(config.ExposedPorts)],
    ["Volumes", present(config.Volumes)],
    ["Healthcheck", healthOf(config.Healthcheck)],
    ["Annotations", new Map(Object.entries(annotations))],
  ]);
}

/** Of a name that is there twice the last one counts. */
function variablesOf({ Env = [] }: ContainerConfig): Table {
  return new Map(
    Env.map((text) => {
      const at = text.indexOf("=");
      return at < 0 ? ([text, ""] as const) : ([text.slice(0, at), text.slice(at + 1)] as const);
    }),
  );
}

/** The key is all that there is. */
function present(record: Readonly<Record<string, object>> | undefined): Table {
  return new Map(Object.keys(record ?? {}).map((key) => [key, {}]));
}

/** Absent and 0 are the same: the default. */
function healthOf(health: Healthcheck | undefined): Table {
  return new Map(Object.entries(health ?? {}).filter(([, value]) => value !== undefined && value !== 0));
}

function filled(list: readonly string[] | undefined): readonly string[] | undefined {
  return list?.length ? list : undefined;
}

function diffTable(field: string, old: Table, now: Table): readonly ConfigChange[] {
  const keys = [...new Set([...old.keys(), ...now.keys()])].sort();
  return keys.flatMap((key) => change({ field, key }, old.get(key), now.get(key)));
}

function change(
  place: Pick<ConfigChange, "field" | "key">,
  before: unknown,
  after: unknown,
): readonly ConfigChange[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const kind: ChangeKind = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  return [
    {
      kind,
      ...place,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    },
  ];
}
