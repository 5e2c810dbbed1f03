import type { ContainerOptions } from "../container/container-options.ts";
import type { ContainerRecord, ContainerState } from "../container/container-record.ts";
import { networkMode } from "../container/network/network-mode.ts";
import { parseExpose, parsePublish } from "../container/network/published-port.ts";

/** One place of this machine, as Docker writes it. */
export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

/** Ports of the image and of the command line; published ones are exposed, too (SPEC DR-09). */
export function exposedPorts({ image, options }: ContainerRecord): Readonly<Record<string, object>> {
  const published = (options.publish ?? []).flatMap(parsePublish);
  const all = [
    ...Object.keys(image.config.ExposedPorts ?? {}),
    ...(options.expose ?? []).flatMap(parseExpose),
    ...published.map(({ container, protocol }) => `${container}/${protocol}`),
  ];
  return Object.fromEntries(all.map((port) => [port, {}]));
}

/** What was asked for. */
export function portBindings({ publish = [] }: Pick<ContainerOptions, "publish">) {
  const bindings: Record<string, PortBinding[]> = {};
  for (const { ip, host, container, protocol } of publish.flatMap(parsePublish)) {
    const [first, last] = host;
    const HostPort = first === 0 ? "" : first === last ? String(first) : `${first}-${last}`;
    const HostIp = ip === "0.0.0.0" ? "" : ip;
    bindings[`${container}/${protocol}`] = [
      ...(bindings[`${container}/${protocol}`] ?? []),
      { HostIp, HostPort },
    ];
  }
  return bindings;
}

/** What there is while it runs. */
export function networkDocument(record: ContainerRecord, state: ContainerState) {
  const mode = networkMode(record.options);
  const IPAddress = state.network?.address ?? "";
  const Ports: Record<string, PortBinding[] | null> = {};
  if (state.status === "running" && mode === "private") {
    for (const port of Object.keys(exposedPorts(record))) Ports[port] = null;
    for (const { ip, host, container, protocol } of state.network?.ports ?? [])
      Ports[`${container}/${protocol}`] = [
        ...(Ports[`${container}/${protocol}`] ?? []),
        { HostIp: ip, HostPort: String(host) },
      ];
  }
  const isShared = mode.startsWith("container:");
  const Aliases = record.options.networkAliases ?? [];
  return { IPAddress, Ports, Networks: isShared ? {} : { [mode]: { IPAddress, Aliases } } };
}
