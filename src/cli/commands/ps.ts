import type { ContainerInspect } from "../../api/inspect-container.ts";
import { listContainers } from "../../api/list-containers.ts";
import { SlipwayError } from "../../core/errors.ts";
import { type CliContext, EXIT } from "../cli-context.ts";
import { formatRows } from "../format-rows.ts";
import { humanAge, humanDuration } from "../human.ts";
import { writeText } from "../write-text.ts";

interface PsFlags {
  readonly all?: boolean;
  readonly quiet?: boolean;
  readonly last?: string;
  readonly latest?: boolean;
  readonly filter: readonly string[];
  readonly format: string;
  readonly trunc: boolean;
}

/** `slipway ps` */
export function psCommand(flags: PsFlags): (context: CliContext) => Promise<number> {
  return async ({ environment, stdout }) => {
    const most = flags.latest ? 1 : wholeNumber(flags.last);
    const all = (flags.all ?? false) || most !== undefined;
    const found = await listContainers({ all, filters: flags.filter }, environment);
    const rows = found.slice(0, most).map(({ document }) => rowOf(document, flags.trunc));
    if (flags.quiet) writeText(stdout, rows.map(({ ID }) => `${ID}\n`).join(""));
    else
      writeText(
        stdout,
        formatRows(rows, { format: flags.format, headers: HEADERS, columns: Object.keys(HEADERS) }),
      );
    return EXIT.ok;
  };
}

/** Columns by name, with their headers. */
const HEADERS = {
  ID: "CONTAINER ID",
  Image: "IMAGE",
  Command: "COMMAND",
  RunningFor: "CREATED",
  Status: "STATUS",
  Ports: "PORTS",
  Names: "NAMES",
} as const;

function rowOf(document: ContainerInspect, isShort: boolean) {
  const { State, Config, Id, Name, Created } = document;
  const command = [document.Path, ...document.Args.map(quotedArgument)].join(" ");
  const shown = (text: string, most: number) =>
    isShort && text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return {
    ID: isShort ? Id.slice(0, 12) : Id,
    Image: Config.Image,
    Command: JSON.stringify(shown(command, 20)),
    CreatedAt: `${Created.slice(0, 19).replace("T", " ")} +0000 UTC`,
    RunningFor: humanAge(Created),
    Status: statusText(State),
    State: State.Status,
    Health: State.Health?.Status ?? "",
    Ports: portsText(document),
    Names: Name.slice(1),
    Labels: Object.entries(Config.Labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    Mounts: document.Mounts.map(mountName)
      .filter(Boolean)
      .map((name) => shown(name, 15))
      .join(","),
    LocalVolumes: String(document.Mounts.filter(({ Type }) => Type === "volume").length),
    Networks: document.HostConfig.NetworkMode,
  };
}

/** As Docker shows it: what has a space in it is quoted. */
function quotedArgument(argument: string): string {
  return argument.includes(" ") ? `'${argument}'` : argument;
}

/** A volume by its name, a folder of this machine by its path; a tmpfs has neither. */
function mountName(mount: ContainerInspect["Mounts"][number]): string {
  return ("Name" in mount && mount.Name) || mount.Source;
}

/** As Docker says it: `Up 3 minutes (healthy)`, `Exited (0) 2 hours ago`. */
export function statusText(state: ContainerInspect["State"], now = Date.now()): string {
  const since = (time: string) => humanDuration(Math.max(0, now - Date.parse(time)));
  switch (state.Status) {
    case "running": {
      const health = state.Health?.Status;
      const note = health === "starting" ? "health: starting" : health;
      return `Up ${since(state.StartedAt)}${note === undefined ? "" : ` (${note})`}`;
    }
    case "restarting":
      return `Restarting (${state.ExitCode}) ${since(state.FinishedAt)} ago`;
    case "exited":
      return `Exited (${state.ExitCode}) ${since(state.FinishedAt)} ago`;
    default:
      return "Created";
  }
}

/** As Docker says it: `0.0.0.0:8080->80/tcp`, and ports that are only exposed by themselves. */
function portsText({ State, NetworkSettings }: ContainerInspect): string {
  if (!State.Running) return "";
  return Object.entries(NetworkSettings.Ports)
    .flatMap(([port, bindings]) =>
      bindings ? bindings.map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}->${port}`) : [port],
    )
    .join(", ");
}

function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined || text === "-1") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new SlipwayError("USAGE", `invalid value ${JSON.stringify(text)} for --last`, {
    hint: "give a whole number",
  });
}
