// The interface and the errors of all subcommands of `wsimd`.

/** A subcommand of `wsimd`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** The output of `--help`. */
  readonly help: string;
  /**
   * @param args - the arguments behind the command's name
   * @returns the exit code
   * @throws CliError to end with one line on standard error
   */
  run(args: readonly string[]): Promise<number>;
}

/** A failure that is printed as one line, without a stack. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** A mistake in the command line. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, 2);
  }
}

/** The code of an error of the operating system or of Node, like `EADDRINUSE`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code;
}

/** An error in words. Node leaves the message empty when it tried several addresses. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(describeError))].join("; ");
  if (error instanceof Error) return error.message || (errorCode(error) ?? error.name);
  return String(error);
}
