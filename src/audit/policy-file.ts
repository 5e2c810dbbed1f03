/** Accepted findings, beside a Dockerfile or in the working directory (docs/audit.md). */
export const POLICY_FILE = ".slipway-audit.yaml";
