import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BuilderName, BuildRequest } from "../builders/builder.ts";
import type { Site } from "../site/site.ts";
import { changeFile, writeFiles } from "./content.ts";
import { type Floor, type Setting, tagOf, type Workload } from "./workload.ts";

const FILES = 10_000;

type Mode = "new" | "same" | "one changed";
type Request = (builder: BuilderName, context: string, site: Site) => BuildRequest;

export const copyFiles: Workload = {
  name: "copy-10k",
  title: "COPY of 10,000 files (80 MB), no cache",
  goal: { buildkit: 0.2, docker: 0.12 },
  warmUps: 1,
  grows: false,
  start: (site, folder) =>
    setting(site, folder, { mode: "new", request: store("copy-10k"), floors: copyFloors(site, folder) }),
};

export const copyFilesCached: Workload = {
  name: "copy-10k-cached",
  title: "the same, all cached",
  goal: { buildkit: 0.4, docker: 0.17 },
  warmUps: 3,
  grows: false,
  start: (site, folder) =>
    setting(site, folder, {
      mode: "same",
      request: store("copy-10k-cached"),
      floors: walkFloors(site, folder),
    }),
};

export const copyFilesChanged: Workload = {
  name: "copy-10k-changed",
  title: "the same, one file changed",
  goal: { buildkit: 0.3, docker: 0.13 },
  warmUps: 2,
  grows: false,
  start: (site, folder) =>
    setting(site, folder, { mode: "one changed", request: store("copy-10k-changed"), floors: [] }),
};

export const archiveFiles: Workload = {
  name: "archive-10k",
  title: "the 10,000-file image from nothing to an OCI archive with gzip, base pulled",
  goal: { buildkit: 0.5 },
  warmUps: 1,
  grows: false,
  start: (site, folder) => {
    const target = outputFolder(folder);
    const request: Request = (builder, context) => ({
      context,
      tag: tagOf("archive-10k", builder),
      archive: join(target, `${builder}.tar`),
    });
    return setting(site, folder, { mode: "new", request, floors: [deflateFloor(site)] });
  },
};

export const pushChanged: Workload = {
  name: "push-changed",
  title: "one file changed, build and push to a loopback registry",
  goal: { buildkit: 0.4, docker: 0.2 },
  warmUps: 2,
  grows: false,
  start: (site, folder) => setting(site, folder, { mode: "one changed", request: pushed, floors: [] }),
};

function store(name: string): Request {
  return (builder, context) => ({ context, tag: tagOf(name, builder) });
}

function pushed(builder: BuilderName, context: string, { registry }: Site): BuildRequest {
  return { context, tag: `${registry.host}/bench/pushed-${builder}:latest`, push: true };
}

function setting(
  site: Site,
  folder: string,
  { mode, request, floors }: { mode: Mode; request: Request; floors: readonly Floor[] },
): Setting {
  const context = join(folder, "context");
  const files = join(context, "files");
  mkdirSync(context, { recursive: true });
  writeFileSync(join(context, "Dockerfile"), `FROM ${site.baseImage}\nCOPY files /files\n`);
  return {
    images: [site.baseImage],
    floors,
    renew: (round) => {
      if (round === 0 || mode === "new") writeFiles(files, FILES, round);
      else if (mode === "one changed") changeFile(files, (round * 997) % FILES, round);
    },
    request: (builder) => request(builder, context, site),
  };
}

/** A folder that any user may write to, outside of the context. */
function outputFolder(folder: string): string {
  const target = join(folder, "out");
  mkdirSync(target);
  chmodSync(target, 0o777);
  return target;
}

function copyFloors({ floorProgram }: Site, folder: string): readonly Floor[] {
  const [from, to] = [join(folder, "context/files"), join(folder, "floor")];
  return [
    { label: "cp -r", command: { argv: ["cp", "-r", from, to] }, makes: to },
    {
      label: "Node loop: read, hash twice, write",
      command: { argv: [process.execPath, floorProgram, "copy", from, to] },
      makes: to,
    },
  ];
}

function walkFloors({ floorProgram }: Site, folder: string): readonly Floor[] {
  const from = join(folder, "context/files");
  return [
    { label: "find", command: { argv: ["find", from, "-newermt", "2100-01-01"] } },
    { label: "Node walk with lstat", command: { argv: [process.execPath, floorProgram, "walk", from] } },
  ];
}

function deflateFloor({ floorProgram, base }: Site): Floor {
  const argv = [process.execPath, floorProgram, "deflate", base.tarFile];
  return { label: "parallel deflate of 170 MB", command: { argv } };
}
