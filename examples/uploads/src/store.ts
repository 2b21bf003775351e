// Files in a folder, which are written and read in pieces.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";

/** Whether a name leads to a file in the folder itself, and is none of an unfinished upload. */
export function isFileName(name: string): boolean {
  return /^[\w-][\w .-]{0,99}$/.test(name) && !name.endsWith(".part");
}

let lastUpload = 0;

export class FileStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async list(): Promise<string[]> {
    return (await readdir(this.#folder)).filter(isFileName);
  }

  async has(name: string): Promise<boolean> {
    return await stat(this.#path(name)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.#path(name));
  }

  /**
   * Writes a file. Others see it when it is whole; one that breaks off is removed.
   * @param progress - called with the bytes that were written so far
   * @returns its SHA-256
   */
  async write(
    name: string,
    pieces: AsyncIterable<Uint8Array>,
    progress: (written: number) => void,
  ): Promise<string> {
    lastUpload++;
    const unfinished = this.#path(`${lastUpload}.part`);
    const file = await open(unfinished, "w");
    try {
      const hash = createHash("sha256");
      let written = 0;
      for await (const piece of pieces) {
        hash.update(piece);
        await file.writeFile(piece);
        written += piece.length;
        progress(written);
      }
      await file.close();
      await rename(unfinished, this.#path(name));
      return hash.digest("hex");
    } catch (error) {
      await file.close();
      await rm(unfinished);
      throw error;
    }
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}
