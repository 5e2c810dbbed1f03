import { basename, dirname } from "node:path";
import { quote } from "../snapshot/rootfs.ts";

/** A volume that takes what the image has where it is mounted, if it is empty. */
export interface Seed {
  /** A file beside the volume's data that lies there while it is being filled: what was killed meanwhile is done again. */
  readonly mark: string;
}

/** Beside the volume's data, where no container sees it. */
const DRAFT = "seed";

/**
 * Moves what is in the first folder to the second, by rename(2) alone: mv(1) copies where it cannot rename, and a copy follows the
 * links on its way. What is there already stays.
 */
const MOVE = `
const fs = require("node:fs");
const [from, to] = process.argv.slice(1).map((name) => Buffer.from(name + "/"));
for (const name of fs.readdirSync(from, { encoding: "buffer" })) {
  const target = Buffer.concat([to, name]);
  if (!fs.lstatSync(target, { throwIfNoEntry: false })) fs.renameSync(Buffer.concat([from, name]), target);
}`;

/**
 * Shell lines that fill the folder `to`, which lies beside the mark, with what `from` holds, its own owner and mode included (SPEC
 * DR-08): only a folder that is empty, and never two at once. `from` is in a mounted root filesystem, and no link is on the way to it.
 *
 * Other containers may have the volume mounted and exchange a folder for a link at any moment. Therefore the copy is made beside it,
 * and only names directly in `to` are made there, with nothing before them that a container could exchange.
 */
export function seedLines({ mark }: Seed, from: string, to: string): readonly string[] {
  const [source, data, marked] = [quote(from), quote(basename(to)), quote(basename(mark))];
  return [
    "(",
    `cd ${quote(dirname(mark))}`,
    "flock 9",
    `if [ -d ${source} ] && { [ -e ${marked} ] || [ -z "$(ls -A ${data})" ]; }; then`,
    `  : > ${marked}`,
    `  rm -rf ${DRAFT}`,
    `  mkdir ${DRAFT}`,
    `  cp -a ${quote(`${from}/.`)} ${DRAFT}/`,
    `  ${quote(process.execPath)} -e ${quote(MOVE)} ${DRAFT} ${data}`,
    // Nothing is below it any more: only its owner, mode, attributes and times are left to be copied.
    `  [ -n "$(ls -A ${DRAFT})" ] || cp -a ${DRAFT}/. ${data}/`,
    `  rm -rf ${DRAFT} ${marked}`,
    "fi",
    `) 9> ${quote(`${dirname(mark)}/seed.lock`)}`,
  ];
}
