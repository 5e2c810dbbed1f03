const BLOCK = 512;

/** A path of a base image. Times are all the same. */
export interface BaseFile {
  /** Without a leading slash; a folder ends in one. */
  readonly path: string;
  readonly mode: number;
  readonly content?: Buffer;
  readonly link?: string;
  readonly uid?: number;
  readonly gid?: number;
}

const TIME = 1_577_836_800;

/** A plain ustar archive. Paths and links have at most 100 characters. */
export function writeTar(files: readonly BaseFile[]): Buffer {
  const blocks = files.flatMap((file) => [headerOf(file), ...contentOf(file)]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function contentOf({ content }: BaseFile): Buffer[] {
  if (!content) return [];
  return [content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)];
}

function headerOf(file: BaseFile): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, offset, "latin1");
  header.write(file.path, 0, 100, "utf8");
  octal(file.mode, 100, 8);
  octal(file.uid ?? 0, 108, 8);
  octal(file.gid ?? 0, 116, 8);
  octal(file.content?.length ?? 0, 124, 12);
  octal(TIME, 136, 12);
  header.write(" ".repeat(8), 148, "latin1");
  header.write(typeOf(file), 156, "latin1");
  if (file.link) header.write(file.link, 157, 100, "utf8");
  header.write("ustar\u000000", 257, "latin1");
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  header[155] = 0x20;
  return header;
}

function typeOf(file: BaseFile): string {
  if (file.link !== undefined) return "2";
  return file.path.endsWith("/") ? "5" : "0";
}
