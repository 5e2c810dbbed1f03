/** The end of regular security support, and of long-term support for everybody where there is one (YYYY-MM-DD). */
type Release = readonly [ends: string, longTerm?: string];

interface Distribution {
  /** Where the dates were published. */
  readonly source: string;
  readonly releases: Readonly<Record<string, Release>>;
}

/**
 * Releases of distributions by ID and VERSION_ID of os-release(5), as their makers published them; compared in November 2026 with distro-info-data (Debian,
 * Ubuntu) and with at least one list by others. Where sources differ by days, the later day counts. A release that is missing is one of which nothing is said,
 * unless the image itself says when its support ends. Paid support does not count.
 */
export const RELEASES: Readonly<Record<string, Distribution>> = {
  debian: {
    source: "Debian wiki (DebianReleases, LTS), distro-info-data",
    releases: {
      7: ["2016-04-26", "2018-05-31"],
      8: ["2018-06-17", "2020-06-30"],
      9: ["2020-07-18", "2022-06-30"],
      10: ["2022-09-10", "2024-06-30"],
      11: ["2024-08-14", "2026-08-31"],
      12: ["2026-07-11", "2028-06-30"],
      13: ["2028-08-09", "2030-06-30"],
    },
  },
  ubuntu: {
    source: "Ubuntu release cycle (end of standard support), distro-info-data",
    releases: {
      "14.04": ["2019-04-25"],
      "16.04": ["2021-04-30"],
      "18.04": ["2023-05-31"],
      "20.04": ["2025-05-31"],
      "22.04": ["2027-06-01"],
      "22.10": ["2023-07-20"],
      "23.04": ["2024-01-25"],
      "23.10": ["2024-07-11"],
      "24.04": ["2029-05-31"],
      "24.10": ["2025-07-10"],
      "25.04": ["2026-01-15"],
      "25.10": ["2026-07-09"],
      "26.04": ["2031-05-29"],
    },
  },
  alpine: {
    source: "Alpine Linux, page Releases (end of support of main)",
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
    releases: { 5: ["2017-03-31"], 6: ["2020-11-30"], 7: ["2024-06-30"], 8: ["2021-12-31"] },
  },
  "centos-stream": {
    source: "CentOS project, page Product",
    releases: { 8: ["2024-05-31"], 9: ["2027-05-31"] },
  },
  almalinux: {
    source: "AlmaLinux wiki, release notes",
    releases: { 8: ["2029-05-31"], 9: ["2032-05-31"], 10: ["2035-05-31"] },
  },
  rocky: {
    source: "Rocky Linux wiki, version guide",
    releases: { 8: ["2029-05-31"], 9: ["2032-05-31"], 10: ["2035-05-31"] },
  },
  fedora: {
    source: "Fedora documentation, end of life releases",
    releases: {
      37: ["2023-12-05"],
      38: ["2024-05-21"],
      39: ["2024-11-26"],
      40: ["2025-05-13"],
      41: ["2025-12-15"],
      42: ["2026-05-28"],
    },
  },
  amzn: {
    source: "Amazon Linux documentation, release cadence (end of maintenance)",
    releases: { 2018: ["2023-12-31"], 2: ["2026-06-30"], 2023: ["2029-06-30"] },
  },
};
