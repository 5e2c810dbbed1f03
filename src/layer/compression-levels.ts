/** The highest level of each compression that is written; the lowest is 0 (SPEC LT-09). */
export const HIGHEST_LEVEL = { gzip: 9, estargz: 9, zstd: 22 } as const;
