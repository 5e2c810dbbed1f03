import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { describe, expect, it } from "vitest";
import { authorityFiles, readAuthorities } from "../../src/sys/authorities.ts";
import { temporaryFolder, writeTree } from "../support/folders.ts";

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;

describe("the authorities of the machine", () => {
  it("are those of the first bundle that holds any, and the extra ones", async () => {
    const folder = writeTree(temporaryFolder(), {
      empty: "",
      first: pem("b"),
      second: pem("c"),
      extra: pem("d"),
    });
    const bundles = ["missing", "empty", "first", "second"].map((name) => join(folder, name));
    expect(await readAuthorities({ bundles })).toEqual([pem("b")]);
    expect(await readAuthorities({ bundles, extra: join(folder, "extra") })).toEqual([pem("b"), pem("d")]);
  });

  it("are Node's own where the machine has none", async () => {
    const folder = writeTree(temporaryFolder(), { extra: pem("d") });
    expect(await readAuthorities({ bundles: [join(folder, "missing")] })).toEqual(rootCertificates);
    const extra = await readAuthorities({ bundles: [], extra: join(folder, "extra") });
    expect(extra).toEqual([...rootCertificates, pem("d")]);
  });

  it("are looked for where the environment says", () => {
    expect(authorityFiles({}).bundles).toContain("/etc/ssl/certs/ca-certificates.crt");
    expect(authorityFiles({ SSL_CERT_FILE: "/a", NODE_EXTRA_CA_CERTS: "/b" })).toEqual({
      bundles: ["/a"],
      extra: "/b",
    });
  });
});
