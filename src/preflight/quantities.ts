const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };
const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };

/** Bytes of a size as Docker's flags write it: `64m`, `1.5g`, `512`. The schema has checked its form. */
export function sizeInBytes(size: string): number {
  const [, number = "0", unit = ""] = /^([0-9.]+)\s*([bkmgt]?)/i.exec(size) ?? [];
  return Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 1));
}

/** Thousandths of a processor. */
export function milliCpus(cpus: string): number {
  return Math.round(Number(cpus) * 1000);
}

/** Seconds of a duration (`1m30s`), rounded up: shells know no shorter time. */
export function wholeSeconds(duration: string): number {
  const parts = [...duration.matchAll(/([0-9.]+)(ms|s|m|h)/g)];
  return Math.ceil(parts.reduce((sum, [, number, unit]) => sum + Number(number) * SECONDS[unit!]!, 0));
}

export function octal(mode: string): number {
  return Number.parseInt(mode, 8);
}

/** Bytes as people read them. */
export function readableSize(bytes: number): string {
  const [unit, size] = bytes >= 1024 ** 3 ? ["GiB", 1024 ** 3] : ["MiB", 1024 ** 2];
  return bytes < 1024 ** 2 ? `${bytes} bytes` : `${Number((bytes / size).toFixed(2))} ${unit}`;
}
