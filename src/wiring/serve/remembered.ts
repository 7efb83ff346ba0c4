/** Asks once in so long, however many want to know; what went wrong is asked again. */
export function remembered<T>(ask: () => Promise<T>, ms: number): () => Promise<T> {
  let known: { readonly answer: Promise<T>; readonly until: number } | undefined;
  return () => {
    const now = performance.now();
    if (!known || known.until <= now) {
      const answer = ask();
      known = { answer, until: now + ms };
      answer.catch(() => (known = undefined));
    }
    return known.answer;
  };
}
