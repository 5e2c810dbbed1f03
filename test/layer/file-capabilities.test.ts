import { expect, it } from "vitest";
import { capabilityText, decodeCapabilities } from "../../src/layer/file-capabilities.ts";

it("file capabilities are decoded as getcap shows them; an unknown form counts as one", () => {
  // setcap cap_net_raw+ep
  const bytes = Buffer.from("0100000200200000000000000000000000000000", "hex");
  expect(capabilityText(decodeCapabilities(bytes))).toBe("cap_net_raw=ep");
  expect(decodeCapabilities(Buffer.from("00000009", "hex")).permitted).toEqual(["unknown"]);
});
