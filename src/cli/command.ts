// What all subcommands of `wsimd` share.

/** A subcommand of `wsimd`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /**
   * @param args - what stands behind the command's name
   * @returns the exit code
   * @throws CliError to end with one line on standard error
   */
  run(args: readonly string[]): Promise<number>;
}

/** A failure that is told in one line, without a stack. */
export class CliError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The command line makes no sense. */
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
  if (error instanceof AggregateError) return error.errors.map(describeError).join("; ");
  if (error instanceof Error) return error.message || (errorCode(error) ?? error.name);
  return String(error);
}
