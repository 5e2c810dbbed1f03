import { randomUUID } from "node:crypto";
import type { Index } from "./index-database.ts";
import { isGone, type Owner } from "./owner.ts";

interface Holder {
  readonly owner: Owner;
  readonly token: string;
  readonly shared: boolean;
}

/** Locks as records in the index, for systems without flock. A holder that has died is recognised by its owner name. */
export class LockRecords {
  readonly #index: Index;
  readonly #owner: Owner;

  constructor(index: Index, owner: Owner) {
    this.#index = index;
    this.#owner = owner;
  }

  /** Takes the lock if it is free; the result gives it back. */
  take(name: string, shared: boolean): (() => void) | undefined {
    const mine: Holder = { owner: this.#owner, token: randomUUID(), shared };
    const isTaken = this.#index.update<readonly Holder[]>("locks", name, (holders = []) => {
      const living = holders.filter((holder) => !isGone(holder.owner));
      const isFree = living.every((holder) => shared && holder.shared);
      return isFree ? [...living, mine] : living;
    });
    if (!isTaken?.some((holder) => holder.token === mine.token)) return undefined;
    return () => {
      this.#index.update<readonly Holder[]>("locks", name, (holders = []) => {
        const others = holders.filter((holder) => holder.token !== mine.token);
        return others.length > 0 ? others : undefined;
      });
    };
  }
}
