/** What JSON has a letter for. Where a value may be written in other ways, writers agree on these. */
const LETTERS: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** Characters that a writer escapes besides. */
interface Writer {
  readonly ascii: boolean;
  readonly slash: boolean;
  /** `<`, `>` and `&`, for text that may get into HTML. */
  readonly html: boolean;
}

/** As JavaScript's and jq's writers do, Python's, PHP's, and Go's. */
const WRITERS: readonly Writer[] = [
  { ascii: false, slash: false, html: false },
  { ascii: true, slash: false, html: false },
  { ascii: true, slash: true, html: false },
  { ascii: false, slash: false, html: true },
];

/** A value as JSON texts have it between quotes (RFC 8259 §7), where that is not the value itself. What is no UTF-8 JSON cannot hold. */
export function jsonTexts(value: Buffer): readonly Buffer[] {
  const plain = value.toString();
  if (!Buffer.from(plain).equals(value)) return [];
  const texts = new Set(WRITERS.map((writer) => escaped(plain, writer)));
  texts.delete(plain);
  return [...texts].map((text) => Buffer.from(text));
}

function escaped(text: string, { ascii, slash, html }: Writer): string {
  // By code units: what is beyond 16 bits has two escapes.
  return text
    .split("")
    .map((char) => {
      if (char === "/" && slash) return "\\/";
      const code = char.charCodeAt(0);
      if (LETTERS[char] !== undefined) return LETTERS[char];
      const isPlain = code >= 0x20 && (code < 0x7f || !ascii) && !(html && "<>&".includes(char));
      return isPlain ? char : `\\u${code.toString(16).padStart(4, "0")}`;
    })
    .join("");
}
