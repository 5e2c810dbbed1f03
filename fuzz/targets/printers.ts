import type { BuildEvent } from "../../src/core/events.ts";
import { createProgress } from "../../src/progress/create-progress.ts";
import type { ProgressMode } from "../../src/progress/printer.ts";
import { joinParts, must, splitParts, type Target } from "../engine/target.ts";
import { text } from "../grammar/text.ts";
import { RAW } from "./shown-error.ts";

/** What the printer itself sends: colours, moves of the cursor, clearing, hiding and showing it. */
const OWN = /\u001b\[[0-9;?]*[A-Za-z]|\r/g;

/** Names and output of a build, shown in every way. The parts are texts that its events carry. */
export const printersTarget: Target = {
  name: "printers",
  about: "names and output of steps, as every kind of progress shows them",
  seeds: [
    ["[1/2] RUN x", "out\u001b[31m red\r\nnext", "name\u001b]0;x\u0007", "why"],
    ["\u202eabc", "\u001b[2J", "a\tb", "\u0007"],
  ].map(joinParts),
  dictionary: [
    "\u001b[",
    "\u001b]",
    "\u001b[31m",
    "\u0007",
    "\u009b",
    "\r",
    "\n",
    "\t",
    "\u202e",
    "\u2028",
    "\u001b[?25l",
    "\u001bP",
    "\u001b\\",
  ],
  generate: (random) => joinParts(random.several(1, 6, () => text(random))),
  run: (input) => {
    const texts = splitParts(input);
    for (const mode of ["plain", "tty", "quiet"] as const) check(mode, texts);
    check("json", texts);
  },
};

function check(mode: ProgressMode, texts: readonly string[]): void {
  let shown = "";
  const printer = createProgress(mode, {
    write: (part) => {
      shown += part;
    },
    isTTY: mode === "tty",
    columns: () => 60,
    rows: () => 20,
  });
  for (const event of eventsOf(texts)) printer.handle(event);
  printer.finish();
  const others = mode === "tty" ? shown.replaceAll(OWN, "") : shown.replaceAll(/\u001b\[[0-9;:]*m/g, "");
  must(
    mode === "json" || !RAW.test(others),
    () => `${mode} shows a control character: ${JSON.stringify(others)}`,
  );
}

function eventsOf(texts: readonly string[]): BuildEvent[] {
  const at = (index: number) => texts[index % texts.length]!;
  const place = { file: at(2), start: 1, end: 1 };
  return [
    { type: "build.start", time: 0, dockerfile: at(2), text: at(0) },
    {
      type: "plan",
      time: 1,
      stages: [{ index: 0, name: at(2), base: at(3), steps: [{ id: "0.0", name: at(0) }] }],
      skippedStages: [at(4)],
    },
    { type: "step.start", time: 2, id: "0.0", name: at(0), stage: 0, source: place },
    { type: "step.miss", time: 3, id: "0.0", reason: at(3), changed: [] },
    ...texts.map(
      (data): BuildEvent => ({
        type: "step.log",
        time: 4,
        id: "0.0",
        stream: "stdout",
        data: Buffer.from(data),
      }),
    ),
    { type: "step.progress", time: 5, id: "0.0", item: at(1), current: 1, total: 2 },
    { type: "warning", time: 6, rule: at(5), message: at(3), source: place },
    { type: "step.done", time: 7, id: "0.0", duration: 5, note: at(4) },
    { type: "step.start", time: 8, id: "1", name: at(1) },
    { type: "step.error", time: 9, id: "1", duration: 1, code: "RUN_FAILED", message: at(0) },
    { type: "step.cached", time: 9, id: "2", name: at(5) },
    {
      type: "build.done",
      time: 10,
      names: [at(2)],
      stages: [
        { index: 0, name: at(1), base: at(0), layers: 1, own: 1, total: 1, isTarget: true },
        { index: 1, base: at(3), layers: 0, own: 0, total: 0, isTarget: false },
      ],
    },
  ];
}
