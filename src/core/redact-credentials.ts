/**
 * Text with user and password of the URLs in it replaced, as it may be shown, logged and kept in an image's history. A lone user
 * name of an ssh URL (`ssh://git@…`) is no secret; that of an http URL may be a token.
 */
export function redactCredentials(text: string): string {
  // Schemes are short; without a bound, each word of a long dotted text would be searched to its end.
  return text.replace(
    /\b([a-z][a-z0-9+.-]{0,30}:\/\/)([^\s/@"'<>]*)@/gi,
    (whole, scheme: string, user: string) =>
      /^http/i.test(scheme) || user.includes(":") ? `${scheme}xxxxx:xxxxx@` : whole,
  );
}
