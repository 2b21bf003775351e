/** Tells the test what a page found, or what went wrong. */
export function report(work: () => unknown): void {
  const send = (result: object): void => {
    fetch("/report", { method: "POST", body: JSON.stringify(result) });
  };
  Promise.resolve()
    .then(work)
    .then(
      (lines) => send({ lines }),
      (error: unknown) =>
        send({ error: error instanceof Error ? `${error}\n${error.stack}` : String(error) }),
    );
}
