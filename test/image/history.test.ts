import { describe, expect, it } from "vitest";
import { digestOf } from "../../src/core/digest.ts";
import type { HistoryItem, ImageConfig } from "../../src/image/config.ts";
import { clampTimes, composeHistory, createdFromHistory, pairHistory } from "../../src/image/history.ts";

const T = (n: number) => `2024-01-01T00:00:0${n}Z`;
const base: readonly HistoryItem[] = [
  { created: T(1), created_by: "base" },
  { created: T(1), created_by: "CMD", empty_layer: true },
];

describe("composing the history", () => {
  it("HI-02, HI-08: base first and unchanged; metadata takes the first new layer's time, later ones the one before", () => {
    const own: HistoryItem[] = [
      { created_by: "ENV a", empty_layer: true },
      { created_by: "RUN b" },
      { created_by: "ENV c", empty_layer: true },
      { created_by: "RUN d" },
      { created_by: "CMD e", empty_layer: true },
    ];
    const layers = [{}, { created: T(5) }, { created: T(7) }];
    expect(composeHistory({ base, own, layers })).toEqual([
      ...base,
      { created: T(5), created_by: "ENV a", empty_layer: true },
      { created: T(5), created_by: "RUN b" },
      { created: T(5), created_by: "ENV c", empty_layer: true },
      { created: T(7), created_by: "RUN d" },
      { created: T(7), created_by: "CMD e", empty_layer: true },
    ]);
  });

  it("HI-08: metadata alone takes the time of the base's last item; a recorded time wins", () => {
    const own = [{ created_by: "ENV a", empty_layer: true }];
    expect(composeHistory({ base, own, layers: [{}] }).at(-1)?.created).toBe(T(1));
    const dated = composeHistory({
      base,
      own: [{ created: T(9), created_by: "RUN" }],
      layers: [{}, { created: T(3) }],
    });
    expect(dated.at(-1)?.created).toBe(T(9));
  });

  it("HI-07: layers beyond the history get items of their own", () => {
    const layers = [{}, { created: T(4), description: "copied" }];
    expect(composeHistory({ base, own: [], layers }).at(-1)).toEqual({
      created: T(4),
      created_by: "copied",
      comment: "buildkit.exporter.image.v0",
    });
  });

  it("HI-07: items that claim more layers than there are become empty", () => {
    const own = [{ created_by: "RUN a" }, { created_by: "RUN b" }];
    const result = composeHistory({ base, own, layers: [{}, { created: T(2) }] });
    expect(result.map((item) => item.empty_layer ?? false)).toEqual([false, true, false, true]);
  });

  it("HI-01: the time is the first member", () => {
    const [item] = composeHistory({ base: [], own: [{ created_by: "RUN" }], layers: [{ created: T(1) }] });
    expect(Object.keys(item!)).toEqual(["created", "created_by"]);
  });

  it("OC-04: an image is as old as its last dated item", () => {
    expect(createdFromHistory([...base, { created: T(3) }, { created_by: "x" }])).toBe(T(3));
    expect(createdFromHistory([{ created_by: "x" }])).toBeUndefined();
    expect(composeHistory({ base: [], own: [{ empty_layer: true }], layers: [] })).toEqual([
      { empty_layer: true },
    ]);
  });
});

describe("clamping times", () => {
  const config: ImageConfig = {
    platform: { os: "linux", architecture: "amd64" },
    created: "2024-05-05T00:00:00Z",
    config: {},
    history: [
      { created: "2024-05-05T00:00:00Z" },
      { created: "2024-05-05T00:00:00Z" },
      { created: "2023-01-01T00:00:00+05:00" },
      { created: "2023-11-14T22:13:20.000000001Z" },
      {},
    ],
    diffIds: [],
  };

  it("EP-06: later and missing times become the epoch, the base's stay", () => {
    const clamped = clampTimes(config, 1_700_000_000, config.history.slice(0, 1));
    expect(clamped.created).toBe("2023-11-14T22:13:20Z");
    expect(clamped.history.map((item) => item.created)).toEqual([
      "2024-05-05T00:00:00Z",
      "2023-11-14T22:13:20Z",
      "2023-01-01T00:00:00+05:00",
      "2023-11-14T22:13:20Z",
      "2023-11-14T22:13:20Z",
    ]);
  });

  it("EP-06: items of the base that had no time, or are empty now, count as the build's", () => {
    const history = [
      { created: "2024-05-05T00:00:00Z" },
      { created: "2024-05-05T00:00:00Z", empty_layer: true },
    ];
    const clamped = clampTimes({ ...config, history }, 0, [{}, { created: "2024-05-05T00:00:00Z" }]);
    expect(clamped.history.map((item) => item.created)).toEqual([
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:00Z",
    ]);
  });

  it("EP-06, OC-04: an image without a time gets that of its history, and has none without one", () => {
    const { created: _, ...undated } = config;
    expect(clampTimes(undated, 0, []).created).toBe("1970-01-01T00:00:00Z");
    expect(clampTimes({ ...undated, history: [] }, 0, []).created).toBeUndefined();
  });
});

describe("pairing history with layers", () => {
  const [a, b, c] = [digestOf("a"), digestOf("b"), digestOf("c")] as const;
  const image = (history: readonly HistoryItem[]): ImageConfig => ({
    platform: { os: "linux", architecture: "amd64" },
    config: {},
    history,
    diffIds: [a, b, c],
  });

  it("gives layers to the items that made them", () => {
    const history = [{ created_by: "1" }, { created_by: "2", empty_layer: true }, { created_by: "3" }];
    expect(pairHistory(image(history))).toEqual([
      { item: history[0], diffId: a, layer: 0 },
      { item: history[1] },
      { item: history[2], diffId: b, layer: 1 },
      { diffId: c, layer: 2 },
    ]);
  });
});
