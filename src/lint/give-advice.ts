import { type LintSettings, settingsBelow } from "../dockerfile/lint-settings.ts";
import type { LintPlace } from "../dockerfile/linter.ts";
import type { AdviceRule } from "./catalogue.ts";
import type { Advice, Judge, LintSubject } from "./rule.ts";
import { judgeApt } from "./rules/apt.ts";
import { judgeBases } from "./rules/bases.ts";
import { judgeContext } from "./rules/context.ts";
import { judgeCopy } from "./rules/copy.ts";
import { judgeEntrypoint } from "./rules/entrypoint.ts";
import { judgeLayers } from "./rules/layers.ts";
import { judgeOnbuild } from "./rules/onbuild.ts";
import { judgePackages } from "./rules/packages.ts";
import { judgeSecrets } from "./rules/secrets.ts";
import { judgeStart } from "./rules/start-script.ts";
import { judgeUser } from "./rules/user.ts";

const JUDGES: readonly Judge[] = [
  judgeBases,
  judgeLayers,
  judgeApt,
  judgePackages,
  judgeCopy,
  judgeContext,
  judgeSecrets,
  judgeUser,
  judgeOnbuild,
  judgeEntrypoint,
  judgeStart,
];

/** Findings by line. `# check=skip=` of the file and above an instruction silences these rules as it does BuildKit's (SPEC LN-02, LN-03). */
export function giveAdvice(subject: LintSubject): readonly Advice[] {
  const found = new Map<string, Advice>();
  const isHeard = hearing(subject.dockerfile.lint);
  const say = (rule: AdviceRule, message: string, { source, comments }: LintPlace): void => {
    const key = `${rule}:${source.start}:${message}`;
    if (!found.has(key) && isHeard(rule, comments)) found.set(key, { rule, message, source });
  };
  for (const judge of JUDGES) judge(subject, say);
  return [...found.values()].sort((a, b) => a.source.start - b.source.start);
}

function hearing(settings: LintSettings): (rule: AdviceRule, comments: readonly string[]) => boolean {
  const below = new WeakMap<readonly string[], LintSettings>();
  return (rule, comments) => {
    const found = below.get(comments) ?? settingsBelow(settings, comments);
    below.set(comments, found);
    return found.skip !== "all" && !found.skip.has(rule);
  };
}
