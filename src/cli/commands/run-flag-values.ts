/** Flags of `run` as commander gives them. */
export interface RunFlags {
  readonly rm?: boolean;
  readonly interactive?: boolean;
  readonly tty?: boolean;
  readonly env: readonly string[];
  readonly envFile: readonly string[];
  readonly volume: readonly string[];
  readonly workdir?: string;
  readonly user?: string;
  readonly entrypoint?: string;
  readonly network: string;
  readonly hostname?: string;
  readonly addHost: readonly string[];
  readonly readOnly?: boolean;
  readonly tmpfs: readonly string[];
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly shmSize?: string;
  readonly memory?: string;
  readonly memorySwap?: string;
  readonly cpus?: string;
  readonly cpuShares?: string;
  readonly cpuPeriod?: string;
  readonly cpuQuota?: string;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pidsLimit?: string;
  readonly cgroupParent?: string;
  readonly ulimit: readonly string[];
  readonly platform?: string;
  readonly pull: string;
  readonly runtime?: string;
  readonly preflight: boolean;
}
