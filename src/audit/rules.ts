import type { Severity } from "./severity.ts";

export interface AuditRule {
  /** What findings of this rule have where nothing makes them better or worse. */
  readonly severity: Severity;
  readonly title: string;
  /** What it is about, in one sentence. */
  readonly description: string;
}

function rule(severity: Severity, title: string, description: string): AuditRule {
  return { severity, title, description };
}

/** Every rule by its id. An id never changes its meaning; docs/audit.md is checked against this table. */
export const AUDIT_RULES = {
  SetuidFile: rule("medium", "setuid file", "A program runs with its owner's rights, whoever starts it."),
  SetgidFile: rule("low", "setgid file", "A program runs with its group's rights, whoever starts it."),
  FileCapabilities: rule("medium", "file capabilities", "A program gains capabilities when it is started."),
  WorldWritable: rule(
    "medium",
    "world-writable path",
    "Everybody in the container may write there, and the directory is not sticky.",
  ),
  RootUser: rule("medium", "runs as root", "The image has no USER, or it is root."),
  UnknownUser: rule("low", "user without account", "USER is a number or a name that is not in /etc/passwd."),
  SudoPresent: rule("low", "sudo", "A program that hands out root's rights is in the image."),
  ShellPresent: rule(
    "info",
    "shell that is not needed",
    "The command of the image needs no shell, and there is one.",
  ),
  PackageManagerPresent: rule("info", "package manager", "A runtime needs none, and an intruder likes one."),
  NoHealthcheck: rule("low", "no health check", "Nothing tells whether what runs still works."),
  NoInit: rule(
    "medium",
    "no init",
    "Several processes start, and process 1 neither forwards signals nor waits for what ended.",
  ),
  ShellEntrypoint: rule(
    "medium",
    "shell-form ENTRYPOINT",
    "Arguments and CMD are ignored, and the shell may keep signals from the command.",
  ),
  ScriptWithoutExec: rule(
    "low",
    "start script without exec",
    "The script stays process 1, and signals end there.",
  ),
  SecretInEnv: rule(
    "high",
    "secret in the environment",
    "A variable of the image holds a secret: whoever has the image has it.",
  ),
  SecretInLabel: rule("high", "secret in a label", "A label of the image holds a secret."),
  SecretInHistory: rule(
    "high",
    "secret in the history",
    "A command or build argument with a secret is kept in the image.",
  ),
  SecretInFile: rule(
    "high",
    "secret in a file",
    "A file of a layer holds a secret, be it hidden by a later layer.",
  ),
  LeakedFile: rule(
    "medium",
    "file that leaked",
    "Something of a working copy or a home folder came into the image.",
  ),
  PackageCache: rule("low", "package cache", "Lists and archives of a package manager were left behind."),
  DeletedFiles: rule(
    "low",
    "files deleted later",
    "A later layer deletes files whose bytes stay in the image.",
  ),
  OverwrittenFiles: rule(
    "low",
    "files written again",
    "A later layer replaces files, or changes their owner or mode: their bytes are in the image twice.",
  ),
  ExpiredCertificate: rule("medium", "expired certificate", "A certificate is no longer valid."),
  EndOfLifeBase: rule(
    "high",
    "end of life",
    "The distribution of the base gets no security updates any more.",
  ),
  LatestBase: rule(
    "medium",
    "base without a version",
    "A base, or an image that files are taken from, is named without a tag, or with latest: whatever was pushed last.",
  ),
  UnpinnedBase: rule(
    "low",
    "base without a digest",
    "A tag can be moved: only a digest, in the Dockerfile or its lock, always means the same base.",
  ),
  UncheckedDownload: rule(
    "medium",
    "download without a checksum",
    "ADD of a URL takes what comes: neither the Dockerfile nor its lock says which bytes are meant.",
  ),
  UnpinnedRepository: rule(
    "medium",
    "repository without a commit",
    "ADD of a git repository by branch or tag, which can be moved, and no lock.",
  ),
} as const satisfies Record<string, AuditRule>;

export type RuleId = keyof typeof AUDIT_RULES;

export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(AUDIT_RULES, text);
}
