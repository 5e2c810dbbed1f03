import colors from "picocolors";
import { type Cargo, total } from "./cargo.ts";

declare const BUILD_SHA: string;

const cargo: Cargo[] = process.argv.slice(2).flatMap((word) => {
  const match = /^(\d+)x(\w+)$/.exec(word);
  return match ? [{ count: Number(match[1]), goods: match[2]! }] : [];
});
if (cargo.length === 0) {
  console.log("usage: manifest-printer 12xtar 3xsail ...");
} else {
  for (const { count, goods } of cargo) console.log(`${String(count).padStart(5)} ${goods}`);
  console.log(colors.createColors(false).bold(`${String(total(cargo)).padStart(5)} in all`));
}
console.log(`build ${BUILD_SHA}`);
