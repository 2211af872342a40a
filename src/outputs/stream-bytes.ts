/**
 * The bytes of a stream, each part made when the client is ready for it. Where one cannot be made, the
 * client's connection breaks: the rest of the answer is not to be had.
 *
 * @param failed Is told why.
 */
export function streamOf(
  parts: Iterator<string>,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  // An empty part would leave the client waiting: nothing would ask for the next one.
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
