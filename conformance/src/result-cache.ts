import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Observation } from "./observation.ts";

/** Goes up when observations of the same build would come out otherwise. */
const FORMAT = "5";

/** Observations of BuildKit, so that a case is built again only when something about it changed. */
export class ResultCache {
  readonly #folder: string;
  readonly #version: string;
  readonly #refresh: boolean;

  /** `version` names the builder and whatever else results depend on; with `refresh` nothing is found. */
  constructor(folder: string, { version, refresh }: { version: string; refresh: boolean }) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
    this.#version = version;
    this.#refresh = refresh;
  }

  find(caseHash: string): Observation | undefined {
    const file = this.#file(caseHash);
    if (this.#refresh || !existsSync(file)) return undefined;
    return JSON.parse(readFileSync(file, "utf8")) as Observation;
  }

  keep(caseHash: string, observation: Observation): void {
    const file = this.#file(caseHash);
    const temporary = `${file}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(observation));
    renameSync(temporary, file);
  }

  #file(caseHash: string): string {
    const key = createHash("sha256").update(`${FORMAT}\0${this.#version}\0${caseHash}`).digest("hex");
    return join(this.#folder, `${key}.json`);
  }
}
