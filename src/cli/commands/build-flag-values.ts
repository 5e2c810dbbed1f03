/** Flags of `build` as commander gives them. */
export interface BuildFlags {
  readonly annotation: readonly string[];
  readonly addHost: readonly string[];
  readonly allow: readonly string[];
  readonly allowSecretLeak: readonly string[];
  readonly buildArg: readonly string[];
  readonly buildContext: readonly string[];
  /** `--call`, and `check` for each `--check`. */
  readonly call: readonly string[];
  readonly debug?: boolean;
  readonly file?: string;
  readonly harden?: string;
  readonly hardenKeep: readonly string[];
  readonly iidfile?: string;
  readonly label: readonly string[];
  readonly load?: boolean;
  readonly metadataFile?: string;
  readonly network?: string;
  readonly cache: boolean;
  readonly lock: boolean;
  readonly lockFile?: string;
  readonly locked?: boolean;
  readonly offline?: boolean;
  /** `--no-cache-filter`: commander takes the `no-` for a negation. */
  readonly cacheFilter: readonly string[];
  readonly output: readonly string[];
  readonly platform: readonly string[];
  readonly progress?: string;
  readonly pull?: boolean;
  readonly push?: boolean;
  readonly quiet?: boolean;
  readonly reproducible?: boolean;
  readonly runtime?: string;
  readonly preflight: boolean;
  readonly secret: readonly string[];
  readonly shmSize?: string;
  readonly ssh: readonly string[];
  readonly tag: readonly string[];
  readonly target?: string;
  readonly test: readonly string[];
  readonly ulimit: readonly string[];
  readonly cgroupParent?: string;
  readonly resource: readonly string[];
  readonly cpuPeriod: readonly string[];
  readonly cpuQuota: readonly string[];
  readonly cpuShares: readonly string[];
  readonly cpusetCpus: readonly string[];
  readonly cpusetMems: readonly string[];
  readonly memory: readonly string[];
  readonly memorySwap: readonly string[];
  // What is not supported yet (see unsupported-flags.ts).
  readonly attest: readonly string[];
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  readonly provenance: readonly string[];
  readonly isolation: readonly string[];
  readonly sbom: readonly string[];
  readonly securityOpt: readonly string[];
  readonly squash?: boolean;
}
