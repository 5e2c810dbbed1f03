/**
 * The description of a stage or an ARG: what follows `<name> ` in the first comment above that begins so (SPEC LX-07).
 * `name` is the stage's lowercased name or the ARG's key; undefined where no comment describes it.
 */
export function docComment(name: string, comments: readonly string[]): string | undefined {
  const start = `${name} `;
  return comments.find((comment) => comment.startsWith(start))?.slice(start.length);
}
