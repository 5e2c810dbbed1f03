import type { Platform } from "../../core/platform.ts";

/** A kind of processor, as the header of an ELF file names it and as the smallest program for it shows. */
export interface Machine {
  /** OCI's name: `arm64`. */
  readonly architecture: string;
  /** ELF e_machine. */
  readonly number: number;
  readonly bits: 32 | 64;
  readonly bigEndian?: true;
  /** ELF e_flags, where the kernel or an emulator looks at them. */
  readonly flags?: number;
  /** Machine code of exit(0), without a stack and without memory. */
  readonly exit: string;
}

/** In the order in which people ask for them. */
export const MACHINES: readonly Machine[] = [
  // mov $60, %eax; xor %edi, %edi; syscall
  { architecture: "amd64", number: 62, bits: 64, exit: "b83c00000031ff0f05" },
  // mov x0, #0; mov x8, #93; svc #0
  { architecture: "arm64", number: 183, bits: 64, exit: "000080d2a80b80d2010000d4" },
  // mov r0, #0; mov r7, #1; svc 0
  { architecture: "arm", number: 40, bits: 32, flags: 0x0500_0000, exit: "0000a0e30170a0e3000000ef" },
  // mov $1, %eax; xor %ebx, %ebx; int $0x80
  { architecture: "386", number: 3, bits: 32, exit: "b80100000031dbcd80" },
  // li a0, 0; li a7, 93; ecall
  { architecture: "riscv64", number: 243, bits: 64, exit: "130500009308d00573000000" },
  // li 0, 1; li 3, 0; sc
  { architecture: "ppc64le", number: 21, bits: 64, flags: 2, exit: "010000380000603802000044" },
  // lghi %r2, 0; svc 1
  { architecture: "s390x", number: 22, bits: 64, bigEndian: true, exit: "a72900000a01" },
  // li v0, 5058; li a0, 0; syscall
  { architecture: "mips64le", number: 8, bits: 64, flags: 0x6000_0000, exit: "c2130224000004240c000000" },
  // addi.w $a7, $zero, 93; addi.w $a0, $zero, 0; syscall 0
  { architecture: "loong64", number: 258, bits: 64, exit: "0b7481020400800200002b00" },
];

export function machineOf({ os, architecture }: Platform): Machine | undefined {
  return os === "linux" ? MACHINES.find((machine) => machine.architecture === architecture) : undefined;
}

/** Where the program is loaded: on a page boundary whatever the size of pages. */
const BASE = 0x10_0000;
const ALIGNMENT = 0x1_0000;
const HEADERS = { 32: 52 + 32, 64: 64 + 56 } as const;

/** A static program for this machine that does nothing and succeeds (System V ABI, ELF header and program header). */
export function exitProgram({ number, bits, bigEndian, flags = 0, exit }: Machine): Buffer {
  const size = HEADERS[bits];
  const code = Buffer.from(exit, "hex");
  const file = Buffer.concat([Buffer.alloc(size), code]);
  const put = writer(file, bigEndian === true);
  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, bigEndian ? 2 : 1, 1]);
  const headerSize = bits === 64 ? 64 : 52;
  // e_type: an executable; e_machine; e_version
  let at = put(16, 2, 2);
  at = put(at, 2, number);
  at = put(at, 4, 1);
  const word = bits / 8;
  at = put(at, word, BASE + size);
  at = put(at, word, headerSize);
  at = put(at, word, 0);
  at = put(at, 4, flags);
  // e_ehsize, e_phentsize, e_phnum; no sections
  for (const value of [headerSize, size - headerSize, 1, 0, 0, 0]) at = put(at, 2, value);
  programHeader(put, headerSize, bits, file.length);
  return file;
}

type Put = (at: number, length: number, value: number) => number;

/** One segment: the whole file, readable and executable. The two sizes of ELF have the flags in different places. */
function programHeader(put: Put, start: number, bits: 32 | 64, length: number): void {
  const word = bits / 8;
  const readAndExecute = 5;
  let at = put(start, 4, 1);
  if (bits === 64) at = put(at, 4, readAndExecute);
  for (const value of [0, BASE, BASE, length, length]) at = put(at, word, value);
  if (bits === 32) at = put(at, 4, readAndExecute);
  put(at, word, ALIGNMENT);
}

function writer(file: Buffer, bigEndian: boolean): Put {
  return (at, length, value) => {
    for (let i = 0; i < length; i++) {
      const place = bigEndian ? at + length - 1 - i : at + i;
      file[place] = Math.floor(value / 256 ** i) % 256;
    }
    return at + length;
  };
}

/** The machine that a program is for, by the first 20 bytes of its file; undefined for a script or anything else. */
export function machineOfProgram(head: Uint8Array): Machine | undefined {
  if (head.length < 20 || head[0] !== 0x7f || head[1] !== 0x45 || head[2] !== 0x4c || head[3] !== 0x46)
    return undefined;
  const bits = head[4] === 2 ? 64 : 32;
  const bigEndian = head[5] === 2;
  const number = bigEndian ? head[18]! * 256 + head[19]! : head[18]! + head[19]! * 256;
  return MACHINES.find(
    (machine) =>
      machine.number === number && machine.bits === bits && (machine.bigEndian ?? false) === bigEndian,
  );
}
