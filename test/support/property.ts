import fc from "fast-check";

/**
 * fast-check with one seed for all runs: what the suite says depends on the code alone. Another one tries other values
 * (SLIPWAY_TEST_SEED=$RANDOM npm test), and `npm run fuzz` looks for more.
 */
fc.configureGlobal({ seed: Number(process.env.SLIPWAY_TEST_SEED || 20_260_801) });

export { fc };
