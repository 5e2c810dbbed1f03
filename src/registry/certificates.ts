import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describeSystemError, SlipwayError, systemErrorCode } from "../core/errors.ts";

/** TLS options of one host. */
export interface CertificateFiles {
  /** Authorities of the host alone. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads `<dir>/<host[:port]>/` of each folder: `*.crt` are certificate authorities, a `*.cert` with the `*.key` of the
 * same name identifies this client (containers-certs.d(5)). Undefined where there is nothing.
 */
export async function loadCertificates(
  dirs: readonly string[],
  host: string,
): Promise<CertificateFiles | undefined> {
  // A host comes from a reference or a redirect: it must stay one path component.
  if (!/^[A-Za-z0-9._:[\]-]+$/.test(host) || host === "." || host === "..") return undefined;
  const folders = dirs.map((dir) => join(dir, host));
  const files = (await Promise.all(folders.map(listFolder))).flat();
  const authorities = await Promise.all(files.filter((file) => file.endsWith(".crt")).map(readText));
  const certificate = files.find((file) => file.endsWith(".cert"));
  if (authorities.length === 0 && certificate === undefined) return undefined;
  return {
    ...(authorities.length > 0 ? { ca: authorities } : {}),
    ...(certificate === undefined ? {} : await clientPair(certificate, files)),
  };
}

async function clientPair(certificate: string, files: readonly string[]): Promise<CertificateFiles> {
  const key = certificate.replace(/\.cert$/, ".key");
  if (!files.includes(key)) {
    throw new SlipwayError("USAGE", `${certificate} has no key beside it`, { hint: `add ${key}` });
  }
  return { cert: await readText(certificate), key: await readText(key) };
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort().map((name) => join(folder, name));
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EACCES"].includes(systemErrorCode(error) ?? "")) return [];
    throw error;
  }
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw describeSystemError(error, `reading ${file}`);
  });
}
