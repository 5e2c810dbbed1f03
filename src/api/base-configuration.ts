/** The files of one folder that the official Debian and Ubuntu images have and a plain installation has not. */
interface ConfigurationFile {
  readonly path: string;
  readonly mode?: string;
  readonly lines: readonly string[];
}

const REMOVE_CACHES =
  "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true";

/**
 * What Dockerfiles that were written upon the official images rely on. The names are theirs, since a Dockerfile that
 * keeps packages in a cache mount removes `docker-clean` by its name.
 */
const FILES: readonly ConfigurationFile[] = [
  {
    // Installed packages are not kept in the layer.
    path: "etc/apt/apt.conf.d/docker-clean",
    lines: [
      `DPkg::Post-Invoke { "${REMOVE_CACHES}"; };`,
      `APT::Update::Post-Invoke { "${REMOVE_CACHES}"; };`,
      'Dir::Cache::pkgcache "";',
      'Dir::Cache::srcpkgcache "";',
    ],
  },
  {
    path: "etc/apt/apt.conf.d/docker-gzip-indexes",
    lines: ['Acquire::GzipIndexes "true";'],
  },
  {
    path: "etc/apt/apt.conf.d/docker-no-languages",
    lines: ['Acquire::Languages "none";'],
  },
  {
    // `purge --auto-remove` removes what is only suggested, too.
    path: "etc/apt/apt.conf.d/docker-autoremove-suggests",
    lines: ['Apt::AutoRemove::SuggestsImportant "false";'],
  },
];

/** Services are not started by their installation: there is nothing that would look after them. */
const POLICY: ConfigurationFile = {
  path: "usr/sbin/policy-rc.d",
  mode: "0755",
  lines: ["#!/bin/sh", "exit 101"],
};

/** Lines of sh that keep packages from starting services, for the root filesystem in `$1`; to be run before packages are configured. */
export function policyScript(): string {
  return writeFile(POLICY);
}

/**
 * Lines of sh that remove what apt keeps and write everything else; to be run when apt has done its last, since that is the machine's
 * apt, which would clean the machine's caches by this configuration.
 */
export function configurationScript(): string {
  return [CLEAN, ...FILES.map(writeFile)].join("\n");
}

const CLEAN =
  'rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin "$1"/var/cache/apt/archives/*.deb "$1"/var/cache/apt/archives/lock';

function writeFile({ path, mode, lines }: ConfigurationFile): string {
  const folder = path.slice(0, path.lastIndexOf("/"));
  const words = lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`).join(" ");
  const write = `mkdir -p "$1/${folder}" && printf '%s\\n' ${words} > "$1/${path}"`;
  return mode === undefined ? write : `${write} && chmod ${mode} "$1/${path}"`;
}
