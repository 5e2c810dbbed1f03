/** Largest id that Linux gives to anybody; the next is "no id". */
const LARGEST_ID = 0xffff_fffe;

/**
 * The number that a word of USER, /etc/passwd or /etc/group is; undefined where it is none. Signs count as other builders and launchers read them (SPEC RN-06):
 * `+5` is 5, and `+0` and `-0` are root. Pure.
 */
export function idOf(word: string): number | undefined {
  if (!/^(?:\+?0*\d{1,10}|-0+)$/.test(word)) return undefined;
  const id = Math.abs(Number(word));
  return id <= LARGEST_ID ? id : undefined;
}
