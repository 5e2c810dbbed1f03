import type { Random } from "./random.ts";

const DIRECTORIES = ["a", "b", "sub", "lib.d", "x-y"];
const FILES = ["f", "g.txt", "h.md", ".hidden", "sub.txt", "a.go", "b.go"];
const MODES = ["755", "700", "644", "600", "4755", "2711", "1777", "640"];

/** A build context: files by path, and the lines of `prepare.sh` that make the rest. */
export interface GeneratedTree {
  readonly files: Readonly<Record<string, string>>;
  readonly commands: readonly string[];
  /** Archives at the root, which are none of the paths. */
  readonly archives: readonly string[];
  /** Every path, links included, without a leading slash. */
  readonly paths: readonly string[];
}

/** A small tree, three levels deep at most, with links, modes and now and then a pipe or a hard link. */
export function generateTree(random: Random): GeneratedTree {
  const files: Record<string, string> = {};
  const directories = [""];
  const grow = (directory: string, depth: number): void => {
    for (const name of random.list(depth === 0 ? 2 : 0, 3, () => random.pick(FILES)))
      files[join(directory, name)] = random.oneIn(8) ? "" : `${random.below(4)}\n`;
    if (depth === 3) return;
    for (const name of new Set(random.list(depth === 0 ? 1 : 0, 2, () => random.pick(DIRECTORIES)))) {
      if (files[join(directory, name)] !== undefined) continue;
      directories.push(join(directory, name));
      grow(join(directory, name), depth + 1);
    }
  };
  grow("", 0);
  const empty = directories.filter((path) => path !== "");
  const archive = random.oneIn(3) ? archiveCommand(random, [...empty, ...Object.keys(files)]) : undefined;
  const links = random.list(0, 3, () => linkCommand(random, directories, Object.keys(files)));
  return {
    files,
    archives: archive ? [ARCHIVE] : [],
    commands: [
      ...empty.map((path) => `mkdir -p ${path}`),
      ...links.map(({ command }) => command),
      ...random.list(
        0,
        4,
        () => `chmod ${random.pick(MODES)} ${random.pick([...empty, ...Object.keys(files)])}`,
      ),
    ],
    paths: [...Object.keys(files), ...empty, ...links.map(({ path }) => path)],
  };
}

const ARCHIVE = "packed";

/** Links go in as links, so that nothing in the archive lies below one. */
function archiveCommand(random: Random, paths: readonly string[]): string {
  const how = random.pick(["", "-z", "-j", "--zstd"]);
  const owner = random.pick(["--owner=5 --group=6", "--owner=0 --group=0"]);
  return `tar --sort=name --numeric-owner ${owner} --mtime=@1500000000 ${how} -cf ${ARCHIVE} ${random.pick(paths)}`;
}

function linkCommand(
  random: Random,
  directories: readonly string[],
  files: readonly string[],
): { path: string; command: string } {
  const directory = random.pick(directories);
  const path = join(directory, random.pick(["l", "link", "m.txt"]));
  if (random.oneIn(6))
    return { path, command: `[ -e ${path} ] || [ -L ${path} ] || ln ${random.pick(files)} ${path}` };
  if (random.oneIn(12)) return { path, command: `[ -e ${path} ] || [ -L ${path} ] || mkfifo ${path}` };
  const up = directory === "" ? "" : "../".repeat(directory.split("/").length);
  const to = random.pick([...files, ...directories.filter(Boolean)]);
  const target = random.weighted([
    [4, up + to],
    [2, `/${to}`],
    [1, "nowhere"],
    [1, `../../../${to}`],
  ]);
  return { path, command: `ln -sfn ${target} ${path}` };
}

function join(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
