import { distance } from "@harbour/knots";

console.log(`gate on @VERSION@: ${distance(12, "150m")} miles`);
