import { safeLine } from "../progress/safe-text.ts";

/** Text from images and Dockerfiles: programs get it as it is, on a terminal its control characters are made visible. */
export function writeText(stream: Pick<NodeJS.WriteStream, "write" | "isTTY">, text: string): void {
  stream.write(stream.isTTY ? visibleText(text) : text);
}

/** Line feeds and tabs stay. */
export function visibleText(text: string): string {
  const visible = (line: string) => safeLine(line.replaceAll("\u001b", "\\x1b"));
  return text.split("\n").map(visible).join("\n");
}
