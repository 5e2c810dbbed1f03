import { SlipwayError } from "../core/errors.ts";
import { checkFiles } from "./check-files.ts";
import { checkNetwork } from "./check-network.ts";
import { checkProcess } from "./check-process.ts";
import type { Contract } from "./contract.ts";
import type { Finding } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

/** Checks a contract from outside, for a container that is about to start. Gives every condition that does not hold or could not be checked. */
export async function checkContract(
  contract: Contract,
  surroundings: Surroundings,
): Promise<readonly Finding[]> {
  return [
    ...checkProcess(contract, surroundings),
    ...checkFiles(contract, surroundings),
    ...(await checkNetwork(contract, surroundings)),
  ];
}

/** One line for each finding. */
export function findingLine({ state, message, hint }: Finding): string {
  return state === "failed" ? `${message}; to do: ${hint}` : `not checked: ${message}: ${hint}`;
}

/** The error for a container that is not started. `way` says how it starts all the same. */
export function preflightError(
  image: string,
  findings: readonly Finding[],
  way: string,
): SlipwayError<"PREFLIGHT_FAILED"> {
  const failures = findings.filter(({ state }) => state === "failed");
  const count = failures.length === 1 ? "a condition" : `${failures.length} conditions`;
  const verb = failures.length === 1 ? "does" : "do";
  return new SlipwayError(
    "PREFLIGHT_FAILED",
    [`${count} of the contract of ${image} ${verb} not hold`, ...failures.map(findingLine)].join("\n"),
    {
      hint: `see to what is said above; ${way}`,
      facts: { findings },
    },
  );
}
