import { looksSecret } from "../../core/secret-name.ts";
import { appendHeredocs } from "../../dockerfile/heredoc.ts";
import { findSecrets, isSecretName, isSecretValue, maskSecret } from "../../secrets/find-secrets.ts";
import type { ShellCommand } from "../../shell/commands.ts";
import { programOf } from "../../shell/program.ts";
import { isLiteral, type ShellWord } from "../../shell/tokens.ts";
import type { Judge, Say } from "../rule.ts";
import type { StageInstruction, StageView, Step } from "../stage-view.ts";

/** SecretInText, SecretInBuildArg: what BuildKit's SecretsUsedInArgOrEnv does not see, because no name gives it away. */
export const judgeSecrets: Judge = ({ stages, dockerfile }, say) => {
  for (const global of dockerfile.globalArgs) judgeText(global, [], say);
  for (const stage of stages)
    for (const step of stage.steps) {
      judgeText(step.written, step.commands, say);
      if (step.instruction.kind === "RUN") judgeUse(step, stage, say);
      if (step.instruction.kind === "ADD") judgeAddress(step, stage, say);
    }
};

function judgeText(written: StageInstruction, commands: readonly ShellCommand[], say: Say): void {
  const isKnown = namesIn(written).some(looksSecret);
  const text = "heredocs" in written ? appendHeredocs(written.text, written.heredocs) : written.text;
  for (const { pattern, value } of isKnown ? [] : findSecrets(text))
    say("SecretInText", `This is ${pattern.title}: ${maskSecret(value)}`, written);
  for (const [name, value] of [...pairsOf(written), ...commands.flatMap(commandPairs)])
    if (
      !looksSecretTwice(name, isKnown) &&
      isSecretName(name) &&
      isSecretValue(value) &&
      findSecrets(value).length === 0
    )
      say("SecretInText", `${name} is given a value here: ${maskSecret(value)}`, written);
}

/** BuildKit's rule has said so of an ARG or ENV. */
function looksSecretTwice(name: string, isKnown: boolean): boolean {
  return isKnown && looksSecret(name);
}

function namesIn(written: StageInstruction): readonly string[] {
  if (written.kind === "ENV") return written.pairs.map(({ key }) => key);
  return written.kind === "ARG" ? written.args.map(({ key }) => key) : [];
}

function pairsOf(written: StageInstruction): readonly (readonly [string, string])[] {
  const pairs =
    written.kind === "ENV"
      ? written.pairs
      : written.kind === "ARG"
        ? written.args.flatMap(({ key, value }) => (value === undefined ? [] : [{ key, value }]))
        : [];
  return pairs.map(({ key, value }) => [key, value.replace(/^(["'])(.*)\1$/, "$2")] as const);
}

/** `PASSWORD=… program`, `export TOKEN=…`, `--password …`, `--token=…`, `curl -u user:…`. */
function commandPairs(command: ShellCommand): readonly (readonly [string, string])[] {
  const program = programOf(command);
  const args = program?.args ?? [];
  const isSetting = program !== undefined && /^(?:export|declare|readonly|local)$/.test(program.name);
  const set = [...command.assignments, ...(isSetting ? args : [])].flatMap((word) =>
    pair(word, /^(\w+)=(.+)$/s),
  );
  const given = args.flatMap((word, at) => {
    if (!word.text.startsWith("-")) return [];
    const next = args[at + 1];
    if (
      /^--?(?:password|passwd|token|api-?key|secret)$/i.test(word.text) &&
      next &&
      isLiteral(next) &&
      !next.text.startsWith("-")
    )
      return [[word.text, next.text] as const];
    if (/^(?:-u|--user)$/.test(word.text) && /^(?:curl|wget)$/.test(program!.name) && next)
      return pair(next, /^[^:]*(:)(.+)$/s).map(([, value]) => ["password", value] as const);
    return pair(word, /^--?([\w-]+)=(.+)$/s);
  });
  return [...set, ...given];
}

function pair(word: ShellWord, form: RegExp): readonly (readonly [string, string])[] {
  const found = isLiteral(word) ? form.exec(word.text) : undefined;
  return found ? [[found[1]!, found[2]!]] : [];
}

/** How a variable gives itself away as a secret: by where it stands. `%` is the variable. */
const PLACES: readonly (readonly [where: string, form: RegExp])[] = [
  ["the credentials of a URL", /:\/\/[^/\s@%]*%[^/\s@]*@/],
  [
    "a header that authorises",
    /(?:authorization|api-key|private-token|job-token|auth-token)["']?\s*[:=][^:%]{0,200}%/i,
  ],
  ["a token of a registry", /_auth(?:Token)?\s*=\s*["']?%/],
  ["a file of credentials", /\b(?:password|passwd)\s+["']?%/i],
  ["a password", /--?(?:password|passwd|token|api-?key)[=\s]+["']?%/i],
  ["a password", /^(?:curl|wget)\b.*\s(?:-u|--user)\s+[^\s:%]*:%/],
];

/** Few commands have one: the others are not looked at for every variable. */
const MAY_BE_PLACE = /:\/\/|auth|token|key|passw|\s(?:-u|--user)\s/i;

function judgeUse({ commands, instruction, written }: Step, stage: StageView, say: Say): void {
  const mounts = instruction.kind === "RUN" ? instruction.mounts.map(({ text }) => text).join(" ") : "";
  const own = new Set(
    commands.flatMap(({ assignments, words }) =>
      [...assignments, ...words].flatMap(({ text }) => /^(\w+)=/.exec(text)?.[1] ?? []),
    ),
  );
  for (const command of commands) {
    const text = command.words.map((word) => word.text).join(" ");
    if (!MAY_BE_PLACE.test(text)) continue;
    for (const name of new Set(command.words.flatMap(({ variables }) => variables)))
      if (isFromBuild(name, stage) && !own.has(name) && !mounts.includes(`env=${name}`))
        judgePlace(text, name, say, written);
  }
}

function judgeAddress({ instruction, written }: Step, stage: StageView, say: Say): void {
  if (instruction.kind !== "ADD") return;
  for (const source of instruction.sources)
    for (const [, name = ""] of source.matchAll(/\$\{?(\w+)/g))
      if (isFromBuild(name, stage)) judgePlace(source, name, say, written);
}

/** A name that gives itself away is BuildKit's to tell. */
function isFromBuild(name: string, { args, env }: StageView): boolean {
  return (args.has(name) || env.has(name)) && !looksSecret(name);
}

function judgePlace(text: string, name: string, say: Say, written: StageInstruction): void {
  const marked = text
    .replaceAll("%", "")
    .replace(new RegExp(`\\$(?:${name}\\b|\\{${name}\\b[^}]*\\})`, "g"), "%");
  const place = PLACES.find(([, form]) => form.test(marked))?.[0];
  if (place) say("SecretInBuildArg", `${name} is ${place}, and its value stays in the image`, written);
}
