/** Characters that were read while a function ran: a measure of work that no other load on the machine changes. */
export function charactersRead(run: () => unknown): number {
  const { get } = Map.prototype;
  let read = 0;
  const restore = SEARCHES.map((name) => {
    const original = String.prototype[name] as (this: string, ...args: unknown[]) => unknown;
    (String.prototype as unknown as Record<string, unknown>)[name] = function (
      this: string,
      ...args: unknown[]
    ) {
      read += this.length;
      return original.apply(this, args);
    };
    return () => {
      (String.prototype as unknown as Record<string, unknown>)[name] = original;
    };
  });
  Map.prototype.get = function (key) {
    read++;
    return get.call(this, key);
  };
  try {
    run();
  } finally {
    Map.prototype.get = get;
    for (const put of restore) put();
  }
  return read;
}

/** What may read a whole text. */
const SEARCHES = ["includes", "indexOf", "matchAll", "replace", "replaceAll", "split"] as const;
