// The errors of failed system calls, in the shape in which Node's streams report them.
import { getSystemErrorName } from "node:util";

/**
 * Makes the error that a stream of Node's would report.
 * @param status - the negative error number that the call returned
 */
export function systemError(status: number, syscall: string): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`${syscall} ${code}`), { errno: status, code, syscall });
}
