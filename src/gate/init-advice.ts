import { isShellForm } from "../image/command-form.ts";
import type { ContainerConfig } from "../image/config.ts";
import { INITS, SHELLS } from "../image/known-programs.ts";
import type { NamespaceProcess } from "../sys/namespace-processes.ts";

/** What was seen of a container's processes while it ran. */
export interface ProcessSighting {
  /** The container's own first process. */
  readonly first: NamespaceProcess;
  /** All others. */
  readonly others: readonly NamespaceProcess[];
  /** Those that had ended and that nobody waited for, twice in a row. */
  readonly zombies: readonly NamespaceProcess[];
  readonly stopSignal: string;
  /** Whether the first process handles it. The kernel keeps from a process 1 what it does not handle (pid_namespaces(7)). */
  readonly handlesStop: boolean;
}

/** Why an image needs an init in front of its command (`--init`, or one of its own); empty where it does not. Pure. */
export function initReasons({ first, others, zombies, stopSignal, handlesStop }: ProcessSighting): string[] {
  const reasons: string[] = [];
  const children = others.filter(({ parent, state }) => parent === first.pid && state !== "Z");
  const isShell = SHELLS.has(first.name);
  if (!handlesStop)
    reasons.push(
      isShell && children.length > 0
        ? `process 1 is a shell (${first.name}), which keeps ${stopSignal} from ${names(children)}: begin the command with exec, or use the form with brackets`
        : `process 1 (${first.name}) does not handle ${stopSignal}, and so never gets it: only SIGKILL ends it`,
    );
  if (INITS.has(first.name)) return reasons;
  const programs = new Set(children.map(({ name }) => name));
  if (programs.size > 1)
    reasons.push(
      `several programs run (${[...programs].join(", ")}), and process 1 (${first.name}) is no init`,
    );
  // An init does not help against parents that forget their own children.
  const left = zombies.filter(({ parent }) => parent === first.pid);
  if (left.length > 0)
    reasons.push(`process 1 (${first.name}) does not wait for what has ended: ${names(left)} stayed behind`);
  return reasons;
}

/** What can be said of an image that was not run. Pure. */
export function shellFormNote(config: ContainerConfig): string | undefined {
  const { Entrypoint = [] } = config;
  if (!isShellForm(config, Entrypoint) || /^\s*exec\s/.test(Entrypoint.at(-1)!)) return undefined;
  return "the ENTRYPOINT is in its shell form: arguments and CMD are ignored, and the shell may keep signals from the command (use the form with brackets, or begin it with exec)";
}

function names(processes: readonly NamespaceProcess[]): string {
  return [...new Set(processes.map(({ name }) => name))].join(", ");
}
