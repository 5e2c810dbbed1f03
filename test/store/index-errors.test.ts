import { expect, it } from "vitest";
import { describeIndexError } from "../../src/store/index-database.ts";

const failure = (code: string | undefined, message: string) => Object.assign(new Error(message), { code });

it.each([
  [
    failure("MODULE_NOT_FOUND", "Cannot find module 'lmdb'\nRequire stack:"),
    "STORE_UNUSABLE",
    /install slipway/,
  ],
  [failure(undefined, "No native build was found for platform=linux"), "STORE_UNUSABLE", /install slipway/],
  [failure("ENOSPC", "no space"), "DISK_FULL", /free some space/],
  [failure("EACCES", "Permission denied"), "PERMISSION_DENIED", /owner and mode/],
  [failure(undefined, "MDB_CORRUPTED"), "STORE_UNUSABLE", /only a cache/],
])("tells why the index cannot be used: %s", (error, code, hint) => {
  expect(describeIndexError(error, "/x")).toMatchObject({ code, hint: expect.stringMatching(hint) });
});
