/** What `dist/cli.js` and `dist/namespace.js` are: they load the program with its compile cache, and run their part of it. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { homeFolder } from "../api/home-folder.ts";
import { loadProgram } from "./compile-cache.ts";
import type { Part } from "./program-parts.ts";

/** Given by `scripts/build.mjs`. */
declare const PART: Part;
declare const PROGRAM_ID: string;

/** The program says what is wrong with a working directory that has been deleted; here it only takes some folder. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return "/";
  }
}

const home = homeFolder(process.env, {
  uid: process.getuid?.() ?? 1,
  homeDirectory: homedir(),
  cwd: currentFolder(),
});
const command = /^[a-z]{2,12}$/.exec(process.argv[2] ?? "")?.[0];
const { exports, keep } = loadProgram({
  file: join(__dirname, "program.js"),
  id: PROGRAM_ID,
  kind: PART === "cli" ? (command ?? "other") : PART,
  folder: join(home, "compile-cache"),
});
// Only commands that exist end well, and only a store that is there is written to.
process.once("exit", (code) => {
  if (code === 0 && existsSync(home)) keep();
});
(exports as typeof import("./program-parts.ts")).runPart(PART);
