import { type Command, Option } from "commander";
import { AUDIT_FORMATS } from "../../audit/report.ts";
import { collect } from "../collect.ts";
import type { Run } from "../run-handler.ts";
import type { AuditFlags } from "./audit.ts";

/** The command that looks for what is dangerous or wasteful in images. */
export function defineAudit(program: Command, run: Run): void {
  program
    .command("audit")
    .description(
      "Look for what is dangerous or wasteful in an image or a Dockerfile: each finding with its layer, its instruction and the fix",
    )
    .argument(
      "[target]",
      "name or id of an image; path of an archive, OCI layout, Dockerfile or its folder",
      ".",
    )
    .option(
      "-f, --file <dockerfile>",
      "the Dockerfile; beside an image, the one that it was built of: findings then have its lines",
    )
    .option("--target <stage>", "the stage of the Dockerfile (default: the last one)")
    .option("--build-arg <name=value>", "set a build argument of the Dockerfile", collect, [])
    .addOption(
      new Option("--format <format>", "how findings are printed").choices(AUDIT_FORMATS).default("text"),
    )
    .option(
      "--fail-on <severity|id>",
      "end with 1 where there is such a finding, or a worse one; may be repeated",
      collect,
      [],
    )
    .option(
      "--policy <file>",
      "findings that are accepted, with reasons (default: .slipway-audit.yaml beside the Dockerfile or here)",
    )
    .option("--no-policy", "accept nothing")
    .option("--fix", "rewrite the Dockerfile where that is safe, and show what was changed")
    .option("--dry-run", "with --fix: write nothing")
    .option("--platform <os/arch>", "the platform to look at, of an image for several")
    .addOption(
      new Option("--pull <when>", "when to ask the registry")
        .choices(["always", "missing", "never"])
        .default("missing"),
    )
    .action((target: string, flags: AuditFlags) =>
      run(async () => {
        const { auditCommand } = await import("./audit.ts");
        return (cli) => auditCommand(cli, target, flags);
      }),
    );
}
