import { diagnose } from "../../api/doctor.ts";
import { type CliContext, EXIT } from "../cli-context.ts";

/** `slipway doctor`: exit code 1 where no RUN step could be executed. */
export function doctorCommand(flags: { readonly format: string }): (context: CliContext) => Promise<number> {
  return async ({ environment, stdout }) => {
    const diagnosis = await diagnose(environment);
    if (flags.format === "json") stdout.write(`${JSON.stringify(diagnosis, null, 2)}\n`);
    else {
      const width = Math.max(...diagnosis.facts.map(({ name }) => name.length));
      for (const { name, ok, value } of diagnosis.facts)
        stdout.write(`${ok ? "ok" : "--"}  ${name.padEnd(width)}  ${value}\n`);
      for (const line of diagnosis.advice) stdout.write(`\n${line}\n`);
    }
    return diagnosis.canRun ? EXIT.ok : EXIT.failed;
  };
}
