import { SlipwayError } from "../core/errors.ts";
import {
  type Decode,
  duration,
  filled,
  filledListOf,
  flag,
  integer,
  listOf,
  made,
  mapping,
  oneOf,
  text,
} from "../yaml/decode.ts";
import type { MarkedValue } from "../yaml/marked-value.ts";

/** A port on which something has to accept connections. */
export interface ExpectedPort {
  readonly port: number;
  readonly withinMs: number;
}

const DEFAULT_PORT_MS = 10_000;

const port = made(text, (written) => {
  const number = /^(\d{1,5})(\/tcp)?$/.exec(written)?.[1];
  if (number !== undefined && Number(number) > 0 && Number(number) < 65_536) return Number(number);
  throw new SlipwayError("TEST_INVALID", `${JSON.stringify(written)} is no TCP port`, {
    hint: "write 8080 or 8080/tcp",
  });
});
const portWithTime = mapping({ port, within: duration }, ["port"]);

const expectedPort: Decode<ExpectedPort> = (value: MarkedValue) => {
  if (!value.isMapping) {
    const number = port(value);
    return number === undefined ? undefined : { port: number, withinMs: DEFAULT_PORT_MS };
  }
  const read = portWithTime(value);
  return read && { port: read.port, withinMs: read.within ?? DEFAULT_PORT_MS };
};

const environmentVariable = mapping({ key: filled, value: text }, ["key"]);

/** How a container of the image has to behave. */
export const behaviorTest = mapping(
  {
    name: filled,
    // The container.
    entrypoint: listOf(text),
    args: listOf(text),
    envVars: listOf(environmentVariable),
    user: filled,
    network: oneOf("host", "none"),
    readOnly: flag,
    tmpfs: listOf(filled),
    bindMounts: listOf(filled),
    init: flag,
    // What is asked of it, in this order.
    runsFor: duration,
    healthyWithin: duration,
    ports: filledListOf(expectedPort),
    nonRoot: flag,
    noZombies: flag,
    needsNoInit: flag,
    stopsWithin: duration,
    endsWithin: duration,
    exitCode: integer,
  },
  ["name"],
);

export type BehaviorTest = NonNullable<ReturnType<typeof behaviorTest>>;
