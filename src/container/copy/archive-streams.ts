import { once } from "node:events";
import type { Writable } from "node:stream";
import { TarReader } from "../../layer/tar-reader.ts";
import { PathReceiver, type ReceiveRequest } from "./path-receiver.ts";

/** Writes what arrives. */
export async function receive(stream: AsyncIterable<Uint8Array>, request: ReceiveRequest): Promise<void> {
  const receiver = new PathReceiver(request);
  const reader = new TarReader(receiver);
  let isEmpty = true;
  try {
    for await (const chunk of stream) {
      isEmpty = false;
      reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
    if (!isEmpty) reader.finish();
  } finally {
    receiver.close();
  }
}

/** Writes an archive no faster than it is taken. */
export async function send(chunks: Iterable<Buffer>, stream: Writable): Promise<void> {
  for (const chunk of chunks) if (!stream.write(Buffer.from(chunk))) await once(stream, "drain");
}
