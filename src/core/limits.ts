/** Upper bounds on what comes from outside; beyond them input is refused instead of filling memory. Bytes unless said otherwise. */
export const LIMITS = {
  /** One physical Dockerfile line (SPEC LX-03). */
  dockerfileLine: 65_535,
  /** A whole Dockerfile or ignore file. */
  dockerfile: 16 * 1024 * 1024,
  /** Variables and ports that all steps and stages of a build are given together; a number, not bytes. */
  planEntries: 1_000_000,
  /** Characters that all texts of a build expand to together. */
  expandedText: 64 * 1024 * 1024,
  /** Comparisons that all patterns of a build may take together: less than a second's worth. */
  patternWork: 2 ** 27,
  /** A manifest, index or config (the distribution spec asks registries to take 4 MiB manifests). */
  manifest: 16 * 1024 * 1024,
  /** /etc/passwd and /etc/group (SPEC RN-06, CP-14). */
  passwd: 10 * 1024 * 1024,
  /** One secret (SPEC MT-14). */
  secret: 500 * 1024,
  /** One PAX record or GNU long name in a tar header. */
  tarMetadata: 8 * 1024 * 1024,
  /** Symbolic links followed while a path is resolved (Linux: 40). */
  symlinks: 255,
} as const;
