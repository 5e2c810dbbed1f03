/**
 * The answer to a question about a Dockerfile: JSON where it is that. The Dockerfiles in it, which are base64, become text, so that
 * what a placeholder was replaced by can be found in them.
 */
export function readAnswer(text: string): unknown {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return text;
  }
  if (!isObject(answer) || !Array.isArray(answer.sources)) return answer;
  return { ...answer, sources: answer.sources.map(readSource) };
}

function readSource(source: unknown): unknown {
  if (typeof source === "string") return decoded(source);
  return isObject(source) && typeof source.data === "string"
    ? { ...source, data: decoded(source.data) }
    : source;
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
