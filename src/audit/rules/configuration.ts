import { isShellForm } from "../../image/command-form.ts";
import type { ContainerConfig } from "../../image/config.ts";
import { idOf } from "../../image/user-id.ts";
import { findSecrets, maskSecret } from "../../secrets/find-secrets.ts";
import type { Accounts } from "../accounts.ts";
import { type Finding, finding } from "../finding.ts";
import { lastStep, type Step } from "../origins.ts";
import { type Assignment, assignmentsIn, secretIn } from "../secret-text.ts";

/** What the rules about a configuration look at. */
export interface AuditedConfiguration {
  readonly config: ContainerConfig;
  readonly steps: readonly Step[];
  /** Undefined where the files of the image are not known. */
  readonly accounts: Accounts | undefined;
  /** False: what the base says is not known. */
  readonly isBaseKnown: boolean;
}

/** What is wrong with the configuration of an image, or of one that is to be built. */
export function configurationFindings(configuration: AuditedConfiguration): Finding[] {
  const { config, steps } = configuration;
  const found = [...userFindings(configuration)];
  if (!config.Healthcheck?.Test?.length)
    found.push(
      finding("NoHealthcheck", {
        subject: "HEALTHCHECK",
        message: "the image has no health check",
        fix: "add HEALTHCHECK CMD …, or HEALTHCHECK NONE where it makes no sense",
      }),
    );
  const { Entrypoint = [] } = config;
  if (isShellForm(config, Entrypoint)) {
    const execs = /^\s*exec\s/.test(Entrypoint.at(-1)!);
    found.push(
      finding("ShellEntrypoint", {
        severity: execs ? "low" : "medium",
        subject: "ENTRYPOINT",
        message: `ENTRYPOINT is in shell form: arguments and CMD are ignored${execs ? "" : ", and the shell may keep signals from the command"}`,
        fix: 'use the form with brackets: ENTRYPOINT ["program", "argument"]',
        origin: lastStep(steps, "ENTRYPOINT"),
      }),
    );
  }
  return found;
}

function* userFindings({ config, steps, accounts, isBaseKnown }: AuditedConfiguration): Generator<Finding> {
  const { User: written = "" } = config;
  const user = written.split(":")[0]!;
  const origin = lastStep(steps, "USER");
  const uid = idOf(user) ?? accounts?.uidOf(user);
  if (user === "" || user === "root" || uid === 0) {
    yield finding("RootUser", {
      ...(user === "" && !isBaseKnown ? { severity: "low" } : {}),
      subject: "USER",
      message: user === "" ? noUser(isBaseKnown) : `USER ${written} is root`,
      fix: "add a user (RUN useradd --system …) and USER at the end of the Dockerfile",
      origin,
    });
  } else if (accounts === undefined) {
    return;
  } else if (uid === undefined) {
    yield finding("UnknownUser", {
      severity: "high",
      subject: "USER",
      message: `the user ${user} is not in /etc/passwd: the image cannot be started`,
      fix: "add the user, or give a number",
      origin,
    });
  } else if (!accounts.hasUid(uid)) {
    yield finding("UnknownUser", {
      subject: "USER",
      message: `USER ${written} has no entry in /etc/passwd: programs that ask for its name or home fail`,
      fix: `add an account: RUN useradd --system --uid ${uid} app`,
      origin,
    });
  }
}

function noUser(isBaseKnown: boolean): string {
  return isBaseKnown
    ? "the image has no USER: it runs as root"
    : "there is no USER: it runs as whom the base names, and most name nobody, which is root";
}

/** Secrets in variables, labels, build arguments and commands: whoever has the image reads them. */
export function configurationSecrets(config: ContainerConfig, steps: readonly Step[]): Finding[] {
  const found: Finding[] = [];
  for (const pair of config.Env ?? []) {
    const { name, value } = splitPair(pair);
    const problem = secretIn({ name, value });
    if (problem === undefined) continue;
    const origin = steps.findLast(
      ({ text }) => /^(?:\/bin\/sh -c #\(nop\) +)?ENV\b/.test(text) && text.includes(`${name}=`),
    )?.origin;
    found.push(
      finding("SecretInEnv", {
        subject: name,
        message: `the variable ${name} holds ${problem}`,
        fix: "give it when the container is started, or as a secret of the step that needs it: RUN --mount=type=secret",
        ...(origin ? { origin } : {}),
      }),
    );
  }
  for (const [name, value] of Object.entries(config.Labels ?? {})) {
    const [hit] = findSecrets(value);
    if (hit)
      found.push(
        finding("SecretInLabel", {
          subject: name,
          message: `the label ${name} holds ${hit.pattern.title}: ${maskSecret(hit.value)}`,
          fix: "leave it out",
          origin: lastStep(steps, "LABEL"),
        }),
      );
  }
  for (const [i, step] of steps.entries()) found.push(...historySecrets(step, i));
  return found;
}

function* historySecrets(step: Step, index: number): Generator<Finding> {
  const { text, origin, place = `step ${index + 1}` } = step;
  const fix = "use RUN --mount=type=secret; make a new secret, this one is known";
  const said = (what: string, told: string): Finding =>
    finding("SecretInHistory", {
      subject: `${what} in ${place}`,
      message: `${step.place ?? "the history"} holds ${told}`,
      fix,
      origin,
    });
  // ENV and LABEL have findings of their own.
  if (/\b(?:ENV|LABEL) /.test(text.slice(0, 40))) return;
  for (const assignment of assignmentsIn(text)) {
    const problem = secretIn(assignment);
    if (problem !== undefined) return yield said(assignment.name, `${assignment.name}: ${problem}`);
  }
  for (const { pattern, value } of findSecrets(text))
    yield said(pattern.name, `${pattern.title}: ${maskSecret(value)}`);
}

function splitPair(pair: string): Assignment {
  const at = pair.indexOf("=");
  return at < 0 ? { name: pair, value: "" } : { name: pair.slice(0, at), value: pair.slice(at + 1) };
}
