import { distance } from "@harbour/knots";

console.log(`pilot on @VERSION@: ${distance(12, "150m")} miles`);
