/** Tells whether a smaller input still shows what the original one did. */
export type Reproduces = (candidate: Buffer) => Promise<boolean>;

/**
 * The smallest input found that still reproduces: parts of ever smaller size are left out, then bytes made plain. Tries at
 * most `attempts` candidates.
 */
export async function minimise(input: Buffer, reproduces: Reproduces, attempts: number): Promise<Buffer> {
  const budget = { left: attempts };
  const attempt = async (candidate: Buffer) => budget.left-- > 0 && (await reproduces(candidate));
  let best = input;
  for (let size = Math.ceil(best.length / 2); size >= 1 && budget.left > 0; size = Math.floor(size / 2))
    best = await withoutParts(best, size, attempt);
  return madePlain(best, attempt);
}

async function withoutParts(input: Buffer, size: number, attempt: Reproduces): Promise<Buffer> {
  let best = input;
  for (let at = 0; at < best.length; ) {
    const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
    if (await attempt(candidate)) best = candidate;
    else at += size;
  }
  return best;
}

/** Letters that do not matter become `a`, everything else that does not matter becomes a blank. */
async function madePlain(input: Buffer, attempt: Reproduces): Promise<Buffer> {
  let best = input;
  for (let at = 0; at < best.length && best.length <= 512; at++) {
    const plain = /[A-Za-z0-9]/.test(String.fromCharCode(best[at]!)) ? 0x61 : 0x20;
    if (best[at] === plain) continue;
    const candidate = Buffer.from(best);
    candidate[at] = plain;
    if (await attempt(candidate)) best = candidate;
  }
  return best;
}
