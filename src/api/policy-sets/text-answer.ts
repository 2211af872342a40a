/** An answer of text in UTF-8, with this media type. */
export function textAnswer(text: string, type: string, headers: Readonly<Record<string, string>>): Response {
  return new Response(text, { headers: { 'content-type': `${type}; charset=utf-8`, ...headers } });
}
