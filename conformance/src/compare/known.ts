import type { CaseSpec } from "../case.ts";
import { type Difference, MISSING, renderDifference } from "./difference.ts";

/** A difference that may turn up in any case. Its id is one of docs/compatibility.md. */
interface KnownDifference {
  readonly id: string;
  readonly explains: (difference: Difference) => boolean;
}

/** Differences that need not be cited by each case. */
export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    id: "BK-STUBS",
    explains: ({ where, buildkit, slipway }) =>
      /^((image \S+ )?layer \d+|files): (proc|sys|dev|etc)\/$/.test(where) &&
      buildkit.startsWith("directory") &&
      slipway === "(nothing)",
  },
  {
    id: "SL-DIRTIME",
    explains: ({ where, buildkit, slipway }) =>
      /\/ mtime$/.test(where) && buildkit === '"now"' && /^\d+$/.test(slipway),
  },
  {
    // The epoch of generated cases, and of most written ones that have one.
    id: "SL-HEREDOCTIME",
    explains: ({ where, buildkit, slipway }) =>
      /[^/] mtime$/.test(where) && buildkit === '"now"' && slipway === "1500000000",
  },
  {
    id: "BK-WILDDIR",
    explains: ({ where, buildkit, slipway }) =>
      where === "outcome" &&
      /^failure \(lstat \S+: no such file or directory\)$/.test(buildkit) &&
      slipway === "success",
  },
  {
    id: "BK-CALLVERSION",
    explains: ({ where, buildkit }) => where === "answer.version" && buildkit === MISSING,
  },
  {
    id: "BK-LINTERROR",
    explains: ({ where, buildkit }) => where === "answer.error" && buildkit === MISSING,
  },
  {
    id: "BK-OUTLINECACHE",
    explains: ({ where, buildkit }) => where === "answer.cache" && buildkit === MISSING,
  },
  {
    id: "SL-CALLEMPTY",
    explains: ({ where, buildkit, slipway }) =>
      where === "answer.warnings" && buildkit === "null" && slipway === "[]",
  },
  {
    id: "SL-NOLLB",
    explains: ({ where, slipway }) =>
      /^answer\.sources\[\d+\]\.definition$/.test(where) && slipway === MISSING,
  },
  {
    id: "BK-HEALTH",
    explains: ({ where, buildkit, slipway }) =>
      /history\[\d+\]\.created_by$/.test(where) &&
      buildkit.startsWith('"HEALTHCHECK &{') &&
      slipway.startsWith('"HEALTHCHECK {'),
  },
];

export interface Explained {
  /** Differences that nothing explains. */
  readonly open: readonly Difference[];
  /** Ids of the documented differences that occurred. */
  readonly documented: readonly string[];
  /** Ids that the case cites and that did not occur. */
  readonly stale: readonly string[];
}

/** Sorts differences into documented ones and the rest. */
export function explainDifferences(spec: CaseSpec, differences: readonly Difference[]): Explained {
  const cited = Object.entries(spec.differs ?? {}).map(([id, pattern]) => ({
    id,
    explains: (difference: Difference) => new RegExp(pattern).test(renderDifference(difference)),
  }));
  const explainers = [...cited, ...KNOWN_DIFFERENCES];
  const found = differences.map((difference) => ({
    difference,
    id: explainers.find(({ explains }) => explains(difference))?.id,
  }));
  const documented = [...new Set(found.flatMap(({ id }) => id ?? []))];
  return {
    open: found.filter(({ id }) => id === undefined).map(({ difference }) => difference),
    documented,
    stale: cited.map(({ id }) => id).filter((id) => !documented.includes(id)),
  };
}
