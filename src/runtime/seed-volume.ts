import { dirname, join } from "node:path";
import { quote } from "../snapshot/rootfs.ts";

/** A volume that takes what the image has where it is mounted, if it is empty. */
export interface Seed {
  /** A file beside the volume's data that lies there while it is being filled: what was killed meanwhile is done again. */
  readonly mark: string;
}

/**
 * Shell lines that fill the folder `to` with what `from` holds, its own owner and mode included (SPEC DR-08): only a folder that is empty,
 * and never two at once. `from` is in a mounted root filesystem, and no link is on the way to it.
 */
export function seedLines({ mark }: Seed, from: string, to: string): readonly string[] {
  const [source, target, marked] = [quote(from), quote(to), quote(mark)];
  return [
    "(",
    "flock 9",
    `if [ -d ${source} ] && { [ -e ${marked} ] || [ -z "$(ls -A ${target})" ]; }; then`,
    `  : > ${marked}`,
    `  cp -a ${quote(`${from}/.`)} ${target}/`,
    `  rm -f ${marked}`,
    "fi",
    `) 9> ${quote(join(dirname(mark), "seed.lock"))}`,
  ];
}
