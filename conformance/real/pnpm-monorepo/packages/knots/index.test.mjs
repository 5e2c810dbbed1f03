import assert from "node:assert";
import { distance } from "./index.mjs";

assert.equal(distance(10, "90m"), 15);
