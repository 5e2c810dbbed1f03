import type { Growing } from "../engine/growth.ts";
import type { Mutator } from "../engine/mutate.ts";
import { Random } from "../engine/random.ts";
import { path, word } from "./text.ts";

const BLOCK = 512;
const TYPES = [..."0000012334567xgLKSVDXA\0"];
/** Start and length of the fields of a header that numbers stand in. */
const NUMBER_FIELDS = [
  [100, 8],
  [108, 8],
  [116, 8],
  [124, 12],
  [136, 12],
  [329, 8],
  [337, 8],
  [386, 12],
  [398, 12],
  [483, 12],
] as const;

const PAX_KEYS = [
  "path",
  "linkpath",
  "size",
  "uid",
  "gid",
  "mtime",
  "GNU.sparse.major",
  "GNU.sparse.minor",
  "GNU.sparse.name",
  "GNU.sparse.realsize",
  "GNU.sparse.size",
  "GNU.sparse.map",
  "GNU.sparse.offset",
  "GNU.sparse.numbytes",
  "GNU.sparse.numblocks",
  "SCHILY.xattr.security.capability",
  "SCHILY.xattr.user.x",
  "hdrcharset",
];

/** Tokens of pax records. */
export const TAR_WORDS = [
  "ustar\0" + "00",
  "ustar  \0",
  ...PAX_KEYS.map((key) => ` ${key}=`),
  "\n",
  "0,1,2,3",
  "1\n0\n512\n",
];

/** An archive that is mostly sound: members of every kind, with the headers that describe them. */
export function tarArchive(random: Random): Buffer {
  const members = random.several(1, 5, () => member(random));
  const end = random.chance(0.8) ? Buffer.alloc(2 * BLOCK) : Buffer.alloc(random.below(3) * BLOCK);
  return Buffer.concat([...members.flat(), end]);
}

/** An archive with more and more of something: members, pax records of one, runs of a sparse file. */
export function growingArchive(random: Random): Growing {
  const one = Buffer.concat(member(random));
  const record = paxRecord(random.pick(PAX_KEYS), paxValue(random));
  const body = Buffer.concat(file(random));
  const repeated = (part: Buffer, times: number) => Buffer.concat(Array.from({ length: times }, () => part));
  switch (random.below(3)) {
    case 0:
      return (times) => repeated(one, times);
    case 1:
      return (times) => Buffer.concat([...extended("x", repeated(record, times), new Random(1)), body]);
    default: {
      const list = (times: number) => Array.from({ length: 2 * times }, (_, i) => i * 10).join(",");
      const map = (times: number) =>
        Buffer.concat([
          paxRecord("GNU.sparse.size", String(times * 100)),
          paxRecord("GNU.sparse.map", list(times)),
        ]);
      return (times) => Buffer.concat([...extended("x", map(times), new Random(1)), body]);
    }
  }
}

function member(random: Random): Buffer[] {
  switch (random.below(6)) {
    case 0:
      return [...extended("x", paxRecords(random), random), ...file(random)];
    case 1:
      return [
        ...extended(
          random.pick(["L", "K", "g"]),
          Buffer.from(`${path(random).repeat(random.between(1, 60))}\0`),
          random,
        ),
        ...file(random),
      ];
    case 2:
      return oldSparse(random);
    case 3:
      return mapInData(random);
    default:
      return file(random);
  }
}

function file(random: Random): Buffer[] {
  const type = random.pick(TYPES);
  const size = random.chance(0.7) ? random.below(600) : random.below(5000);
  return [header(random, { type, size }), ...padded(Buffer.alloc(size, "x"))];
}

function extended(type: string, data: Buffer, random: Random): Buffer[] {
  return [
    header(random, { type, size: random.chance(0.95) ? data.length : random.below(2000) }),
    ...padded(data),
  ];
}

function paxRecords(random: Random): Buffer {
  return Buffer.concat(random.several(1, 5, () => paxRecord(random.pick(PAX_KEYS), paxValue(random))));
}

function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function paxValue(random: Random): string {
  return random.pick([
    "0",
    "1",
    "512",
    "1000",
    "-1",
    "1.5",
    "1e3",
    "0,10,20,5",
    "99999999999999999999",
    path(random),
    word(random),
    "",
  ]);
}

/** GNU's first sparse format: runs in the header, and in blocks behind it. */
function oldSparse(random: Random): Buffer[] {
  const runs = random.between(0, 30);
  const head = header(random, { type: "S", size: runs * 10 });
  for (let i = 0; i < Math.min(runs, 4); i++) putRun(head, 386 + 24 * i, 100 * i, 10);
  head[482] = runs > 4 ? 1 : 0;
  head.write(`${(runs * 100).toString(8).padStart(11, "0")}\0`, 483, "latin1");
  const more: Buffer[] = [];
  for (let done = 4; done < runs; done += 21) {
    const block = Buffer.alloc(BLOCK);
    for (let i = 0; i < Math.min(21, runs - done); i++) putRun(block, 24 * i, 100 * (done + i), 10);
    block[504] = done + 21 < runs ? 1 : 0;
    more.push(block);
  }
  return [withChecksum(head), ...more, ...padded(Buffer.alloc(runs * 10, "s"))];
}

function putRun(block: Buffer, at: number, offset: number, length: number): void {
  block.write(
    `${offset.toString(8).padStart(11, "0")}\0${length.toString(8).padStart(11, "0")}\0`,
    at,
    "latin1",
  );
}

/** GNU's last sparse format: the map stands in front of the data. */
function mapInData(random: Random): Buffer[] {
  const runs = random.below(6);
  const lines = [runs, ...Array.from({ length: runs }, (_, i) => [100 * i, 10]).flat()];
  const map = Buffer.concat(padded(Buffer.from(`${lines.join("\n")}\n`)));
  const data = Buffer.concat([map, Buffer.alloc(runs * 10, "d")]);
  const records = [
    paxRecord("GNU.sparse.major", "1"),
    paxRecord("GNU.sparse.minor", "0"),
    paxRecord("GNU.sparse.realsize", String(runs * 100 + (random.chance(0.9) ? 0 : random.below(100)))),
    paxRecord("GNU.sparse.name", "real"),
  ];
  return [
    ...extended("x", Buffer.concat(records), random),
    header(random, { type: "0", size: data.length }),
    ...padded(data),
  ];
}

function header(random: Random, { type, size }: { readonly type: string; readonly size: number }): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(path(random).slice(0, 100), 0, "latin1");
  const octal = (at: number, length: number, value: number) =>
    block.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  octal(100, 8, random.below(0o10000));
  octal(108, 8, random.below(2000));
  octal(116, 8, random.below(2000));
  octal(124, 12, random.chance(0.97) ? size : random.below(10_000));
  octal(136, 12, random.below(2 ** 31));
  block.write(type, 156, "latin1");
  block.write(path(random).slice(0, 100), 157, "latin1");
  block.write(random.pick(["ustar\0" + "00", "ustar  \0", ""]), 257, "latin1");
  if (random.chance(0.1)) block.write(path(random).slice(0, 155), 345, "latin1");
  if (random.chance(0.1)) block[random.pick(NUMBER_FIELDS)[0]] = random.pick([0x80, 0xff]);
  return withChecksum(block);
}

function withChecksum(block: Buffer): Buffer {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

function padded(data: Buffer): Buffer[] {
  return [data, Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK)];
}

/** Changes one block, a number of it most of the time, and makes its checksum fit again. */
export const mutateHeader: Mutator = (input, { random }) => {
  const blocks = Math.floor(input.length / BLOCK);
  if (blocks === 0) return input;
  const out = Buffer.from(input);
  const start = random.below(blocks) * BLOCK;
  const block = out.subarray(start, start + BLOCK);
  const [at, length] = random.pick(NUMBER_FIELDS);
  switch (random.below(4)) {
    case 0:
      block.write(
        random.pick(["77777777777", "0", "-1", "8", " 12 ", "777 777"]).slice(0, length),
        at,
        "latin1",
      );
      break;
    case 1:
      block.fill(random.pick([0, 0xff]), at, at + length);
      block[at] = random.pick([0x80, 0xff, 0xbf]);
      break;
    case 2:
      block.write(random.pick(TYPES), 156, "latin1");
      break;
    default:
      block[random.below(BLOCK)] = random.below(256);
  }
  withChecksum(block);
  return out;
};
