/** The end of regular security support, and of long-term support for everybody where there is one (YYYY-MM-DD). */
type Release = readonly [ends: string, longTerm?: string];

interface Distribution {
  /** Where the dates were published. */
  readonly source: string;
  readonly releases: Readonly<Record<string, Release>>;
}

/**
 * Releases of distributions, as their makers published them until November 2026. A release that is missing is one of which nothing is said. Paid
 * support does not count.
 */
export const RELEASES: Readonly<Record<string, Distribution>> = {
  debian: {
    source: "Debian wiki, pages DebianReleases and LTS",
    releases: {
      7: ["2016-04-25", "2018-05-31"],
      8: ["2018-06-17", "2020-06-30"],
      9: ["2020-07-18", "2022-06-30"],
      10: ["2022-09-10", "2024-06-30"],
      11: ["2024-08-14", "2026-08-31"],
      12: ["2026-07-11", "2028-06-30"],
      13: ["2028-08-09", "2030-06-30"],
    },
  },
  ubuntu: {
    source: "Ubuntu release cycle, end of standard support",
    releases: {
      "14.04": ["2019-04-25"],
      "16.04": ["2021-04-30"],
      "18.04": ["2023-05-31"],
      "20.04": ["2025-05-31"],
      "22.10": ["2023-07-20"],
      "23.04": ["2024-01-25"],
      "23.10": ["2024-07-11"],
      "24.10": ["2025-07-10"],
      "25.04": ["2026-01-15"],
      "22.04": ["2027-04-30"],
      "24.04": ["2029-04-30"],
    },
  },
  alpine: {
    source: "Alpine Linux, page Releases",
    releases: {
      "3.10": ["2021-05-01"],
      "3.11": ["2021-11-01"],
      "3.12": ["2022-05-01"],
      "3.13": ["2022-11-01"],
      "3.14": ["2023-05-01"],
      "3.15": ["2023-11-01"],
      "3.16": ["2024-05-23"],
      "3.17": ["2024-11-22"],
      "3.18": ["2025-05-09"],
      "3.19": ["2025-11-01"],
      "3.20": ["2026-04-01"],
      "3.21": ["2026-11-01"],
      "3.22": ["2027-05-01"],
      "3.23": ["2027-11-01"],
    },
  },
  centos: {
    source: "CentOS project, page Product",
    releases: {
      5: ["2017-03-31"],
      6: ["2020-11-30"],
      7: ["2024-06-30"],
      8: ["2021-12-31"],
      9: ["2027-05-31"],
    },
  },
  almalinux: { source: "AlmaLinux wiki, release notes", releases: { 8: ["2029-03-01"], 9: ["2032-05-31"] } },
  rocky: { source: "Rocky Linux wiki, version guide", releases: { 8: ["2029-05-31"], 9: ["2032-05-31"] } },
  fedora: {
    source: "Fedora documentation, end of life releases",
    releases: { 37: ["2023-12-05"], 38: ["2024-05-21"], 39: ["2024-11-26"], 40: ["2025-05-13"] },
  },
};
