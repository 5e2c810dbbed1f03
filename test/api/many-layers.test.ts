import { expect, it } from "vitest";
import { useWorkshop } from "./workshop.ts";

const shop = useWorkshop();

it("DESIGN 5: hundreds of layers work: the kernel's limits on lower directories and mount options are met", {
  timeout: 600_000,
}, async () => {
  const copies = Array.from({ length: 560 }, (_, i) => `COPY f /dir/f${i}`);
  const Dockerfile = [
    "FROM busybox",
    ...copies,
    "RUN ls /dir | wc -l > /count && rm /dir/f0 /dir/f559",
    "RUN ls /dir | wc -l >> /count",
    "",
  ].join("\n");
  const context = shop.it.context({ Dockerfile, f: "x" });
  await shop.it.succeed(["build", "-t", "deep", context]);
  expect(await shop.it.shell("deep", "cat /count; cat /dir/f300")).toBe("560\n558\nx");
  expect((await shop.it.inspect("deep")).RootFS.Layers).toHaveLength(563);
});
