// The process that loads echo servers, started when it is needed and again after a failure.
import { startClient } from "./programs.js";

/** @typedef {{ messagesPerSecond: number, cpuUsPerMessage: number, p99Us: number, loadCpuShare: number }} LoadResult */

export class Loader {
  /** @type {import("./programs.js").Program | undefined} */
  #program;

  /**
   * Runs loads at once.
   * @param {import("./clients/load.js").Load[]} loads
   * @returns {Promise<LoadResult>}
   */
  async run(loads) {
    this.#program ??= startClient("load", []);
    try {
      const answer = JSON.parse(await this.#program.command(JSON.stringify(loads)));
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async stop() {
    await this.#program?.stop();
    this.#program = undefined;
  }
}
