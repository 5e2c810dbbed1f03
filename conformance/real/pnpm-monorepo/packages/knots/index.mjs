import ms from "ms";

/** Nautical miles covered at a speed in knots during a time such as `90m`. */
export const distance = (knots, time) => (knots * ms(time)) / ms("1h");
