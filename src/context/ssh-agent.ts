import { createServer, type Server, type Socket } from "node:net";
import type { SshKey } from "./ssh-key.ts";
import { SshReader, sshString, uint32 } from "./ssh-wire.ts";

/** Messages of draft-ietf-sshm-ssh-agent §6.1. */
const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** OpenSSH's own limit. */
const LONGEST_MESSAGE = 256 * 1024;

/** An agent that offers these keys and signs with them; nothing can be added to it. The caller lets it listen, and closes it. */
export function createAgent(keys: readonly SshKey[]): Server {
  return createServer((client) => serve(client, keys));
}

function serve(client: Socket, keys: readonly SshKey[]): void {
  let pending: Buffer = Buffer.alloc(0);
  client.on("error", () => client.destroy());
  client.on("data", (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 4) {
      const length = pending.readUInt32BE(0);
      if (length > LONGEST_MESSAGE) return void client.destroy();
      if (pending.length < 4 + length) return;
      client.write(sshString(answer(pending.subarray(4, 4 + length), keys)));
      pending = pending.subarray(4 + length);
    }
  });
}

function answer(message: Buffer, keys: readonly SshKey[]): Buffer {
  try {
    const body = message.subarray(1);
    if (message[0] === REQUEST_IDENTITIES) return identities(keys);
    if (message[0] === SIGN_REQUEST) return signature(new SshReader(body), keys) ?? Buffer.of(FAILURE);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Buffer.of(FAILURE);
}

function identities(keys: readonly SshKey[]): Buffer {
  const list = keys.flatMap(({ blob, comment }) => [sshString(blob), sshString(comment)]);
  return Buffer.concat([Buffer.of(IDENTITIES_ANSWER), uint32(keys.length), ...list]);
}

function signature(request: SshReader, keys: readonly SshKey[]): Buffer | undefined {
  const [blob, data, flags] = [request.string(), request.string(), request.uint32()];
  const key = keys.find((candidate) => candidate.blob.equals(blob));
  return key && Buffer.concat([Buffer.of(SIGN_RESPONSE), sshString(key.sign(data, flags))]);
}
