import { isShellForm } from "../../image/command-form.ts";
import type { ImageConfig } from "../../image/config.ts";
import { findSecrets, isSecretName, isSecretValue, maskSecret } from "../../secrets/find-secrets.ts";
import type { Accounts } from "../accounts.ts";
import { type Finding, finding } from "../finding.ts";
import { lastStep, type Step } from "../origins.ts";

/** What is wrong with an image's configuration. `accounts` undefined: the image has no /etc/passwd. */
export function configurationFindings(
  image: ImageConfig,
  steps: readonly Step[],
  accounts: Accounts,
): Finding[] {
  const { config } = image;
  const found = [...userFindings(config.User ?? "", steps, accounts)];
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

function* userFindings(written: string, steps: readonly Step[], accounts: Accounts): Generator<Finding> {
  const user = written.split(":")[0]!;
  const origin = lastStep(steps, "USER");
  const uid = /^\d+$/.test(user) ? Number(user) : accounts.uidOf(user);
  if (user === "" || user === "root" || uid === 0) {
    yield finding("RootUser", {
      subject: "USER",
      message: user === "" ? "the image has no USER: it runs as root" : `USER ${written} is root`,
      fix: "add a user (RUN useradd --system …) and USER at the end of the Dockerfile",
      origin,
    });
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

/** Secrets in variables, labels, build arguments and commands: whoever has the image reads them. */
export function configurationSecrets({ config }: ImageConfig, steps: readonly Step[]): Finding[] {
  const found: Finding[] = [];
  for (const pair of config.Env ?? []) {
    const [name, value] = splitPair(pair);
    const problem = secretIn(name, value);
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

const ASSIGNMENT = /(?:^|\s)([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|(\S+))/g;

function* historySecrets({ text, origin }: Step, index: number): Generator<Finding> {
  const fix = "use RUN --mount=type=secret; make a new secret, this one is known";
  // ENV has a finding of its own.
  if (/\bENV /.test(text.slice(0, 40))) return;
  for (const [, name = "", double, single, plain = ""] of text.matchAll(ASSIGNMENT)) {
    const problem = secretIn(name, double ?? single ?? plain);
    if (problem === undefined) continue;
    yield finding("SecretInHistory", {
      subject: `${name} in step ${index + 1}`,
      message: `the history holds ${name}: ${problem}`,
      fix,
      origin: withoutText(origin),
    });
    return;
  }
  for (const hit of findSecrets(text))
    yield finding("SecretInHistory", {
      subject: `${hit.pattern.name} in step ${index + 1}`,
      message: `the history holds ${hit.pattern.title}: ${maskSecret(hit.value)}`,
      fix,
      origin: withoutText(origin),
    });
}

/** The report must not repeat the secret. */
function withoutText<T extends { readonly instruction?: string }>(
  origin: T,
): Omit<T, "instruction"> & { instruction?: string } {
  const keyword = /^[A-Z]+/.exec(origin.instruction ?? "")?.[0];
  return { ...origin, ...(keyword ? { instruction: `${keyword} …` } : {}) };
}

/** What kind of secret a variable holds, in words; undefined where it looks harmless. */
export function secretIn(name: string, value: string): string | undefined {
  const [hit] = findSecrets(value);
  if (hit) return `${hit.pattern.title}: ${maskSecret(hit.value)}`;
  return isSecretName(name) && isSecretValue(value)
    ? `what its name calls a secret: ${maskSecret(value)}`
    : undefined;
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}
