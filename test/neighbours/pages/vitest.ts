// As much of vitest as the kernels' differential tests use, for a page: tests are collected and run when asked for.

interface Collected {
  readonly name: string;
  readonly run: () => void;
}

const collected: Collected[] = [];
const path: string[] = [];

type Each = <T>(rows: readonly T[]) => (name: string, run: (row: T) => void) => void;

/** A page takes the time that it needs. */
interface Options {
  readonly timeout: number;
}

const eachBy =
  (define: (name: string, run: () => void) => void): Each =>
  (rows) =>
  (name, run) => {
    for (const row of rows) define(name.replace(/%[sij]/, String(row)), () => run(row));
  };

function defineGroup(name: string, define: () => void): void {
  path.push(name);
  define();
  path.pop();
}

function defineTest(name: string, run: () => void): void;
function defineTest(name: string, options: Options, run: () => void): void;
function defineTest(name: string, ...rest: [() => void] | [Options, () => void]): void {
  const run = rest.length === 1 ? rest[0] : rest[1];
  collected.push({ name: [...path, name].join(" > "), run });
}

export const describe = Object.assign(defineGroup, { each: eachBy(defineGroup) });
export const it = Object.assign(defineTest, { each: eachBy((name, run) => defineTest(name, run)) });

function fail(message = ""): never {
  throw new Error(message);
}

function assertSame(found: unknown, wanted: unknown, message: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) fail(`${message}: ${one.slice(0, 500)} is not ${other.slice(0, 500)}`);
}

function assertThrows(act: unknown, wanted: string): void {
  try {
    if (typeof act === "function") act();
  } catch (error) {
    if (!String(error).includes(wanted)) fail(`threw ${error}, not ${wanted}`);
    return;
  }
  fail(`did not throw ${wanted}`);
}

export const expect = Object.assign(
  (found: unknown, message = "") => ({
    toBe: (wanted: unknown) => assertSame(found, wanted, message),
    toEqual: (wanted: unknown) => assertSame(found, wanted, message),
    toThrow: (wanted: string) => assertThrows(found, wanted),
  }),
  { fail },
);

/** Runs what was collected. @returns a line for each test */
export async function runTests(): Promise<string[]> {
  const lines: string[] = [];
  for (const { name, run } of collected) {
    try {
      run();
      lines.push(`passed ${name}`);
    } catch (error) {
      lines.push(`FAILED ${name}: ${error}`);
    }
    // The browser gets a turn now and then.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return lines;
}
