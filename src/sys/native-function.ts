import { createRequire } from "node:module";

type NativeFunction = (...parameters: readonly unknown[]) => number;

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: readonly string[]): NativeFunction };
}

/** A function of the C library; undefined where koffi cannot be loaded. */
export function nativeFunction(
  name: string,
  result: string,
  parameters: readonly string[],
): NativeFunction | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    return (createRequire(import.meta.url)("koffi") as Koffi).load(null).func(name, result, parameters);
  } catch {
    return undefined;
  }
}
