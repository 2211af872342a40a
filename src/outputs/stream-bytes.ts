/**
 * Makes a stream of bytes from parts of text. Each part is made when the client is ready for it. When a part cannot
 * be made, the connection of the client breaks, so that no client takes the answer for complete.
 *
 * @param failed Called with the error when a part cannot be made.
 */
export function streamOf(
  parts: Iterator<string>,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  // An empty part is skipped: the stream would not ask for the next one, and the client would wait forever.
  const next = (): IteratorResult<string> => {
    const step = parts.next();
    return step.done !== true && step.value === '' ? next() : step;
  };
  return new ReadableStream({
    pull: (controller) => {
      try {
        const step = next();
        if (step.done === true) controller.close();
        else controller.enqueue(utf8.encode(step.value));
      } catch (error) {
        failed(error);
        controller.error(error);
      }
    },
  });
}
