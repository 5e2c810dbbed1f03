import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from "node:crypto";
import { SlipwayError } from "../core/errors.ts";
import { SshReader, sshInteger, sshString } from "./ssh-wire.ts";

/** A private key as an agent offers it. */
export interface SshKey {
  /** The public key as servers know it (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4). */
  readonly blob: Buffer;
  readonly comment: string;
  /** A signature with its algorithm's name. `flags` choose the hash of an RSA signature. */
  sign(data: Buffer, flags: number): Buffer;
}

/** Flags of a request to sign (draft-ietf-sshm-ssh-agent §3.6.1). */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;
const CURVES: Readonly<
  Record<string, { readonly name: string; readonly hash: string; readonly size: number }>
> = {
  "P-256": { name: "nistp256", hash: "sha256", size: 32 },
  "P-384": { name: "nistp384", hash: "sha384", size: 48 },
  "P-521": { name: "nistp521", hash: "sha512", size: 66 },
};

/**
 * Reads a private key file: OpenSSH's own format, or PEM as OpenSSL writes it. Throws `USAGE` for what is no key, for kinds of keys
 * that servers no longer take, and for keys with a passphrase, which only an agent can ask for.
 */
export function readSshKey(text: string, file: string): SshKey {
  const armoured = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(text)?.[1];
  try {
    const { jwk, comment } = armoured
      ? openSshKey(Buffer.from(armoured, "base64"), file)
      : { jwk: createPrivateKey(text).export({ format: "jwk" }), comment: file };
    return sshKey(jwk, comment, file);
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    const code = (error as { readonly code?: string }).code ?? "";
    if (/PASSPHRASE|BAD_DECRYPT|INTERRUPTED/.test(code)) throw needsPassphrase(file);
    throw new SlipwayError("USAGE", `${file} is not a private key for ssh`, {
      cause: error,
      hint: "give the private key itself, not the one that ends in .pub",
    });
  }
}

function needsPassphrase(file: string): SlipwayError {
  return new SlipwayError("USAGE", `the key ${file} has a passphrase`, {
    hint: "load it into ssh-agent with ssh-add, and give --ssh without a file",
  });
}

const MAGIC = "openssh-key-v1\0";

/** OpenSSH's PROTOCOL.key. */
function openSshKey(bytes: Buffer, file: string): { readonly jwk: JsonWebKey; readonly comment: string } {
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC) throw new TypeError("no openssh-key-v1");
  const outer = new SshReader(bytes.subarray(MAGIC.length));
  const [cipher] = [outer.text(), outer.text(), outer.string()];
  if (cipher !== "none") throw needsPassphrase(file);
  outer.uint32();
  outer.string();
  const inner = new SshReader(outer.string());
  const check = inner.uint32();
  if (inner.uint32() !== check) throw new TypeError("the two check numbers differ");
  const jwk = privateFields(inner.text(), inner, file);
  return { jwk, comment: inner.string().toString("utf8") || file };
}

function privateFields(type: string, key: SshReader, file: string): JsonWebKey {
  if (type === "ssh-ed25519") {
    const x = key.string();
    return { kty: "OKP", crv: "Ed25519", x: encoded(x), d: encoded(key.string().subarray(0, 32)) };
  }
  if (type === "ssh-rsa") {
    const [n, e, d, qi, p, q] = [0, 1, 2, 3, 4, 5].map(() => key.integer()) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const [dp, dq] = [reduced(d, p), reduced(d, q)];
    return { kty: "RSA", ...encodedAll({ n, e, d, p, q, dp, dq, qi }) };
  }
  const [crv, curve] = Object.entries(CURVES).find(([, { name }]) => type === `ecdsa-sha2-${name}`) ?? [];
  if (!crv || !curve) throw unknownKind(type, file);
  key.string();
  const point = key.string();
  const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
  const d = key.integer();
  return {
    kty: "EC",
    crv,
    ...encodedAll({ x, y, d: Buffer.concat([Buffer.alloc(curve.size - d.length), d]) }),
  };
}

function unknownKind(type: string, file: string): SlipwayError {
  return new SlipwayError("USAGE", `the key ${file} is of a kind that cannot be used here: ${type}`, {
    hint: "make one with ssh-keygen -t ed25519, or load this one into ssh-agent",
  });
}

function sshKey(jwk: JsonWebKey, comment: string, file: string): SshKey {
  const key = createPrivateKey({ key: jwk, format: "jwk" });
  if (jwk.kty === "OKP" && jwk.crv === "Ed25519") return ed25519Key(key, jwk, comment);
  if (jwk.kty === "RSA") return rsaKey(key, jwk, comment);
  const curve = jwk.kty === "EC" ? CURVES[jwk.crv ?? ""] : undefined;
  if (!curve) throw unknownKind(jwk.crv ?? jwk.kty ?? "", file);
  return ecdsaKey(key, jwk, curve, comment);
}

function ed25519Key(key: KeyObject, { x }: JsonWebKey, comment: string): SshKey {
  const name = sshString("ssh-ed25519");
  const blob = Buffer.concat([name, sshString(decoded(x))]);
  return { blob, comment, sign: (data) => Buffer.concat([name, sshString(sign(null, data, key))]) };
}

function rsaKey(key: KeyObject, { n, e }: JsonWebKey, comment: string): SshKey {
  const blob = Buffer.concat([sshString("ssh-rsa"), sshInteger(decoded(e)), sshInteger(decoded(n))]);
  const algorithm = (flags: number): readonly [string, string] =>
    flags & RSA_SHA2_512
      ? ["rsa-sha2-512", "sha512"]
      : flags & RSA_SHA2_256
        ? ["rsa-sha2-256", "sha256"]
        : ["ssh-rsa", "sha1"];
  return {
    blob,
    comment,
    sign: (data, flags) => {
      const [name, hash] = algorithm(flags);
      return Buffer.concat([sshString(name), sshString(sign(hash, data, key))]);
    },
  };
}

function ecdsaKey(
  key: KeyObject,
  { x, y }: JsonWebKey,
  { name, hash, size }: { readonly name: string; readonly hash: string; readonly size: number },
  comment: string,
): SshKey {
  const algorithm = sshString(`ecdsa-sha2-${name}`);
  const point = Buffer.concat([Buffer.of(4), decoded(x), decoded(y)]);
  return {
    blob: Buffer.concat([algorithm, sshString(name), sshString(point)]),
    comment,
    sign: (data) => {
      const pair = sign(hash, data, { key, dsaEncoding: "ieee-p1363" });
      const numbers = Buffer.concat([sshInteger(pair.subarray(0, size)), sshInteger(pair.subarray(size))]);
      return Buffer.concat([algorithm, sshString(numbers)]);
    },
  };
}

function reduced(d: Buffer, prime: Buffer): Buffer {
  const hex = (BigInt(`0x${d.toString("hex")}`) % (BigInt(`0x${prime.toString("hex")}`) - 1n)).toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
}

function encodedAll<K extends string>(fields: Readonly<Record<K, Buffer>>): Record<K, string> {
  const pairs = Object.entries<Buffer>(fields).map(([name, bytes]) => [name, encoded(bytes)]);
  return Object.fromEntries(pairs) as Record<K, string>;
}

function encoded(bytes: Buffer): string {
  return bytes.toString("base64url");
}

function decoded(text: string | undefined): Buffer {
  return Buffer.from(text ?? "", "base64url");
}
