#!/usr/bin/env node
// Makes dist/ from src/: the command, the library, the worker, and the library's type declarations.
//
//   node scripts/build.mjs            JavaScript and declarations
//   node scripts/build.mjs --js       JavaScript only (well under a second)
//   node scripts/build.mjs --release  from an empty dist/, and type errors are fatal (what `npm pack` runs)
//
// Files are renamed into place, so that a command that starts during a build never reads half a file. All chunks lie
// beside cli.js: `new URL("./worker.js", import.meta.url)` finds the worker from any of them.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, "dist");
const STAMP = join(DIST, ".built");
const ONE_HOUR = 3_600_000;

/** Entry points by the name of their bundle. Those that share code are split into chunks; the worker is one file. */
const SHARED_ENTRIES = {
  cli: "src/cli/main.ts",
  index: "src/index.ts",
  namespace: "src/cli/namespace.ts",
};
const WORKER_ENTRY = { worker: "src/layer/worker.ts" };

/** CommonJS packages in an ESM bundle expect these names. */
const COMMONJS_NAMES = [
  `import { createRequire as __createRequire } from "node:module";`,
  `import { fileURLToPath as __fileURLToPath } from "node:url";`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __fileURLToPath(import.meta.url);`,
  `const __dirname = __fileURLToPath(new URL(".", import.meta.url));`,
].join(" ");

/** @returns {Promise<string[]>} names of the files written to dist/ */
export async function buildJavaScript() {
  const groups = [
    { entries: present(SHARED_ENTRIES), splitting: true },
    { entries: present(WORKER_ENTRY), splitting: false },
  ].filter(({ entries }) => Object.keys(entries).length > 0);
  mkdirSync(DIST, { recursive: true });
  const started = Date.now();
  const written = (await Promise.all(groups.map(bundle))).flat();
  written.push(...copyWasm());
  removeOldChunks(written);
  writeFileSync(STAMP, "");
  utimesSync(STAMP, started / 1000, started / 1000);
  return written;
}

/** Builds where a source is newer than the last build. Tells whether it had to. */
export async function buildIfStale() {
  const built = existsSync(STAMP) ? statSync(STAMP).mtimeMs : 0;
  const inputs = ["package-lock.json", "scripts/build.mjs"].map((name) => join(ROOT, name));
  const newest = Math.max(
    newestIn(join(ROOT, "src")),
    ...inputs.filter((file) => existsSync(file)).map((file) => statSync(file).mtimeMs),
  );
  if (newest <= built) return false;
  await buildJavaScript();
  return true;
}

function present(entries) {
  return Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(ROOT, file))));
}

async function bundle({ entries, splitting }) {
  const { build } = await import("esbuild");
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: entries,
    outdir: DIST,
    bundle: true,
    splitting,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["koffi", "lmdb"],
    chunkNames: "chunk-[name]-[hash]",
    banner: { js: COMMONJS_NAMES },
    legalComments: "eof",
    logLevel: "silent",
  });
  return result.outputFiles.map((file) => {
    const name = basename(file.path);
    const shebang = name === "cli.js" ? "#!/usr/bin/env node\n" : "";
    replaceFile(name, shebang + file.text, name === "cli.js" ? 0o755 : 0o644);
    return name;
  });
}

/** The zstd compressor's WebAssembly is read from beside the code that uses it. */
function copyWasm() {
  const source = join(ROOT, "node_modules/@bokuweb/zstd-wasm/dist/esm/zstd.wasm");
  if (!existsSync(source)) return [];
  const temporary = join(DIST, `.zstd.wasm.${process.pid}`);
  copyFileSync(source, temporary);
  chmodSync(temporary, 0o644);
  renameSync(temporary, join(DIST, "zstd.wasm"));
  return ["zstd.wasm"];
}

function replaceFile(name, text, mode) {
  const temporary = join(DIST, `.${name}.${process.pid}`);
  writeFileSync(temporary, text);
  chmodSync(temporary, mode);
  renameSync(temporary, join(DIST, name));
}

/** A process that started from the last build may still load its chunks, so they go an hour later. */
function removeOldChunks(current) {
  for (const name of readdirSync(DIST)) {
    if (!name.startsWith("chunk-") || current.includes(name)) continue;
    const file = join(DIST, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (age > ONE_HOUR) rmSync(file, { force: true });
  }
}

function newestIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .reduce((newest, entry) => {
      const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
      return Math.max(newest, found?.mtimeMs ?? 0);
    }, statSync(folder).mtimeMs);
}

/** Emits dist/types from src/index.ts; tells whether the types were sound. */
function buildDeclarations() {
  if (!existsSync(join(ROOT, "src/index.ts"))) return true;
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const run = spawnSync(process.execPath, [compiler, "-p", "scripts/tsconfig.types.json"], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return run.status === 0;
}

async function main(flags) {
  if (flags.includes("--release")) rmSync(DIST, { recursive: true, force: true });
  const before = Date.now();
  const written = await buildJavaScript();
  process.stdout.write(`dist: ${written.length} files in ${Date.now() - before} ms\n`);
  if (flags.includes("--js")) return 0;
  const sound = buildDeclarations();
  return sound || !flags.includes("--release") ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).then(
    (code) => {
      process.exitCode = code;
    },
    (error) => {
      process.stderr.write(`build failed: ${error.message}\n`);
      process.exitCode = 1;
    },
  );
}
