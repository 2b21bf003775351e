// Functions that all servers of the command line share: listening, and ending at a signal.
import { CliError, describeError, errorCode } from "./command.js";

/** The signals that end a server. */
export const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM"];

/** Resolves at the first SIGINT or SIGTERM. The next one kills the process, as it does without listeners. */
export function untilSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const onSignal = (signal: NodeJS.Signals): void => {
      for (const each of SIGNALS) process.off(each, onSignal);
      resolve(signal);
    };
    for (const each of SIGNALS) process.on(each, onSignal);
  });
}

/** Says in one line why a port could not be opened. */
export function listenError(error: unknown, host: string, port: number): CliError {
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new CliError(
        `port ${port} on ${host} is in use; choose another with --port, or 0 for a free one`,
      );
    case "EACCES":
      return new CliError(`not allowed to listen on port ${port}; choose another with --port`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new CliError(`${host} is no address of this machine; choose another with --host`);
    default:
      return new CliError(`can't listen on ${host}, port ${port}: ${describeError(error)}`);
  }
}

/** Prints exceptions, except for resets by a peer. */
export function reportError(_socket: unknown, error: unknown): void {
  if (errorCode(error) === undefined) console.error(error);
}
