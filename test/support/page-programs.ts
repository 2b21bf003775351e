// Programs out of the pages of the documentation, for tests that talk to them.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { expect, vi } from "vitest";
import { freePort } from "./free-port.js";
import { type CodeBlock, codeBlocks } from "./markdown.js";
import { start } from "./markdown-blocks.js";
import { mainFile, type Program } from "./program.js";
import { ROOT } from "./root.js";

const PATIENCE_MS = 15_000;

/** A server out of a page, which listens. */
export interface PageServer {
  readonly program: Program;
  readonly port: number;
  /** Its address, without a slash at its end. */
  readonly url: string;
}

/** Starts a program on a port. */
export type Starter = (code: string, port: number) => Program;

/** The blocks of a page. Each is taken by the heading that it stands under. */
export class PagePrograms {
  readonly #blocks: readonly CodeBlock[];
  readonly #taken = new Map<string, number>();

  /** @param page - from the root of the repository */
  constructor(page: string) {
    this.#blocks = codeBlocks(readFileSync(`${ROOT}${page}`, "utf8"));
  }

  /** The headings of all blocks, in their order. */
  get headings(): string[] {
    return this.#blocks.map(({ heading }) => heading);
  }

  /** The next block under a heading. */
  take(heading: string): CodeBlock {
    const taken = this.#taken.get(heading) ?? 0;
    const block = this.#blocks.filter((each) => each.heading === heading)[taken];
    if (block === undefined) throw new Error(`there is no more block under ${heading}`);
    this.#taken.set(heading, taken + 1);
    return block;
  }
}

/** Starts a block, and resolves when it listens. */
export async function listening(
  { code }: CodeBlock,
  starter: Starter = start,
  timeout = PATIENCE_MS,
): Promise<PageServer> {
  mainFile();
  const port = await freePort();
  const program = starter(code, port);
  let over = false;
  program.exit.finally(() => {
    over = true;
  });
  await vi.waitUntil(async () => over || (await isOpen(port)), { timeout, interval: 20 });
  if (over) throw new Error(`ended before it listened:\n${program.stderr}`);
  return { program, port, url: `ws://127.0.0.1:${port}` };
}

/** Ends a server. It must have written no errors. */
export async function stop({ program }: PageServer): Promise<void> {
  program.signal("SIGTERM");
  const { code, signal } = await program.exit;
  expect({ ended: code === 0 || signal === "SIGTERM", stderr: program.stderr }).toEqual({
    ended: true,
    stderr: "",
  });
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
