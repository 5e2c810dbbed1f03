import type { EntryType } from "../core/file-tree.ts";

/** A kind of file that tends to come into images by mistake. */
export interface LeakKind {
  readonly paths: RegExp;
  readonly type: EntryType;
  readonly severity: "high" | "medium";
  readonly what: string;
  /** It holds secrets; otherwise it is only something of a working copy. */
  readonly holdsSecrets: boolean;
}

function workingCopy(paths: RegExp, what: string): LeakKind {
  return { paths, type: "dir", severity: "medium", what, holdsSecrets: false };
}

function secrets(severity: LeakKind["severity"], type: EntryType, paths: RegExp, what: string): LeakKind {
  return { paths, type, severity, what, holdsSecrets: true };
}

/** What belongs to a working copy, a home folder or an operator, and to no image. */
const KINDS: readonly LeakKind[] = [
  workingCopy(/(?:^|\/)\.git$/, "a git repository, with all that was ever in it"),
  workingCopy(/(?:^|\/)\.(?:svn|hg)$/, "a working copy's own data"),
  secrets(
    "high",
    "file",
    /(?:^|\/)\.env(?:\.(?!example$|sample$|template$|dist$)[\w.-]+)?$/,
    "a file of variables, which tends to hold secrets",
  ),
  secrets("high", "file", /(?:^|\/)id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/, "a private ssh key"),
  secrets(
    "high",
    "file",
    /(?:^|\/)\.(?:netrc|pgpass|my\.cnf|git-credentials|htpasswd|vault-token)$/,
    "a file of credentials",
  ),
  secrets(
    "high",
    "file",
    /(?:^|\/)\.(?:aws\/credentials|docker\/config\.json|dockercfg|kube\/config|config\/gh\/hosts\.yml)$/,
    "credentials of a home folder",
  ),
  secrets("medium", "dir", /(?:^|\/)\.gnupg$/, "a GnuPG keyring"),
  secrets("medium", "file", /\.(?:kdbx?|jks|p12|pfx|ppk)$/, "a store of keys or passwords"),
  secrets(
    "high",
    "file",
    /(?:^|\/)[\w.-]+\.tfstate(?:\.backup)?$/,
    "the state of terraform, which holds secrets as they are",
  ),
  secrets(
    "medium",
    "file",
    /(?:^|\/)\.(?:bash|zsh|sh|python|mysql|psql|node_repl)_history$/,
    "the history of a shell",
  ),
];

/** What kind of leak a path without a leading slash is, going by its name alone; undefined for most. */
export function leakKind(path: string, type: EntryType): LeakKind | undefined {
  return KINDS.find((kind) => kind.type === type && kind.paths.test(path));
}
