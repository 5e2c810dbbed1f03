/** What rules know about a package manager. */
export interface PackageManager {
  /** In messages. */
  readonly name: string;
  readonly programs: readonly string[];
  /** Verbs that bring packages. */
  readonly installs: ReadonlySet<string>;
  /** Flags that take the next word. */
  readonly valued: string;
  readonly cache?: PackageCacheFacts;
  /** Flags that answer its questions; left out: it asks none. */
  readonly answers?: RegExp;
  /** Verbs that ask besides those that install. */
  readonly alsoAsk?: ReadonlySet<string>;
  /** Whether a package that a call names has a version; left out: it is not judged. */
  readonly hasVersion?: (name: string, flags: readonly string[]) => boolean;
}

export interface PackageCacheFacts {
  /** Flags with which nothing is kept. */
  readonly off?: RegExp;
  /** A variable with which nothing is kept, whatever its value but 0 and false. */
  readonly variable?: RegExp;
  /** Parts of the paths where it is kept. */
  readonly folders: readonly string[];
  /** Words behind the program's name that clean up. */
  readonly cleans?: RegExp;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

const RPM_INSTALLS = words("install update upgrade groupinstall localinstall reinstall module swap");
const RPM_CACHES = ["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf"];
/** `name-1.2`, `name=1.2`, a file, a group, what a package provides. */
const hasRpmVersion = (name: string): boolean =>
  /[-=<>]\d/.test(name) || /^[@/]|:\/\/|\.rpm$|[*()]/.test(name);
/** A path, an archive, an address. */
const isPlace = (name: string): boolean => /^[./~]|:\/\/|^git[+@]|\.(?:tgz|whl|zip|gem|tar\.\w+)$/.test(name);

export const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    name: "apk",
    programs: ["apk"],
    installs: words("add update upgrade"),
    valued: "-t --virtual -X --repository -p --root --arch --cache-dir --repositories-file --keys-dir --wait",
    cache: {
      off: /^--no-cache$/,
      folders: ["/var/cache/apk", "/etc/apk/cache"],
      cleans: /^cache (?:clean|purge)/,
    },
    hasVersion: (name) => /[=<>~@]/.test(name) || name.endsWith(".apk"),
  },
  {
    name: "dnf",
    programs: ["dnf", "dnf5", "microdnf", "yum", "tdnf"],
    installs: RPM_INSTALLS,
    valued:
      "-c --config --installroot --releasever --repo --repoid --enablerepo --disablerepo -x --exclude --setopt",
    cache: { folders: RPM_CACHES, cleans: /^clean (?:all|packages|dbcache|metadata)/ },
    answers: /^(?:-[a-z]*y[a-z]*|--assumeyes|--assumeno|--downloadonly)$/,
    alsoAsk: words("remove erase autoremove downgrade groupremove"),
    hasVersion: hasRpmVersion,
  },
  {
    name: "zypper",
    programs: ["zypper"],
    installs: words("install in update up dist-upgrade dup patch"),
    valued: "-R --root -C --cache-dir -t --type -r --repo --from",
    cache: { folders: ["/var/cache/zypp"], cleans: /^(?:clean|cc)\b/ },
    answers: /^(?:-[a-zA-Z]*[ny][a-zA-Z]*|--non-interactive|--no-confirm|--dry-run)$/,
    alsoAsk: words("remove rm"),
    hasVersion: hasRpmVersion,
  },
  {
    name: "pacman",
    programs: ["pacman"],
    installs: words("-S -Sy -Syu -Syyu -Su -U"),
    valued: "",
    cache: { folders: ["/var/cache/pacman"], cleans: /^-Scc?\b/ },
    answers: /^--noconfirm$/,
  },
  {
    name: "pip",
    programs: ["pip", "pip3"],
    installs: words("install wheel download"),
    valued:
      "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --prefix --root -e --editable --trusted-host --cache-dir --timeout --retries --proxy --progress-bar --python-version --platform -d --dest -w --wheel-dir",
    cache: {
      off: /^--no-cache-dir$/,
      variable: /^PIP_NO_CACHE_DIR$/,
      folders: ["/.cache/pip"],
      cleans: /^cache purge/,
    },
    hasVersion: (name, flags) =>
      /[=<>~@[]=?\d|==|@/.test(name) ||
      isPlace(name) ||
      name === "." ||
      flags.some((flag) => /^(?:-c|--constraint)/.test(flag)),
  },
  {
    name: "npm",
    programs: ["npm"],
    installs: words("ci install i add update"),
    valued:
      "--prefix -C --registry --loglevel --cache --userconfig --location -w --workspace --omit --include",
    cache: {
      off: /^--cache\b/,
      variable: /^npm_config_cache$/i,
      folders: ["/.npm"],
      cleans: /^cache (?:clean|clear)/,
    },
    hasVersion: (name) => (/.@./.test(name) && !/@(?:latest|next)$/.test(name)) || isPlace(name),
  },
  {
    name: "yarn",
    programs: ["yarn"],
    installs: words("install add global"),
    valued: "--cwd --cache-folder --registry --network-timeout --modules-folder",
    cache: {
      off: /^--cache-folder\b/,
      folders: ["/.cache/yarn", "/usr/local/share/.cache"],
      cleans: /^cache clean/,
    },
  },
  {
    name: "composer",
    programs: ["composer"],
    installs: words("install update require create-project"),
    valued: "-d --working-dir",
    cache: {
      off: /^--no-cache$/,
      variable: /^COMPOSER_(?:CACHE_DIR|NO_CACHE)$/,
      folders: ["/.composer", "/.cache/composer"],
      cleans: /^(?:clear-?cache|cc)\b/,
    },
  },
  {
    name: "conda",
    programs: ["conda", "mamba", "micromamba"],
    installs: words("install create update"),
    valued: "-n --name -p --prefix -c --channel -f --file",
    cache: { folders: ["/pkgs"], cleans: /^clean\b/ },
    answers: /^(?:-y|-[a-z]*y|--yes|--dry-run)$/,
    alsoAsk: words("remove"),
  },
  {
    name: "gem",
    programs: ["gem"],
    installs: words("install i"),
    valued: "-v --version -i --install-dir -n --bindir -s --source -P",
    hasVersion: (name, flags) =>
      /:\d/.test(name) || isPlace(name) || flags.some((flag) => /^(?:-v|--version)/.test(flag)),
  },
  {
    name: "go",
    programs: ["go"],
    installs: words("install"),
    valued: "-ldflags -tags -o -gcflags -mod -C",
    hasVersion: (name) =>
      isPlace(name) || (/@/.test(name) && !name.endsWith("@latest")) || !name.includes("."),
  },
];
