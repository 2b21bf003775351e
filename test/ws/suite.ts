// How a file of the suite defines its tests: once, for every library.
import { describe, test as runnerTest } from "vitest";
import type { DifferenceName } from "./differences.js";
import { type Library, librariesFor, type Scope } from "./library.js";
import { Scene } from "./scene.js";

type Body = (scene: Scene) => unknown;

export interface Test {
  (title: string, body: Body): void;
  /** A test for which the libraries have different outcomes, as the table of differences says. */
  differs(name: DifferenceName, title: string, bodies: { readonly ws: Body; readonly wsimd: Body }): void;
  /** Skips a test where this machine does not have what it needs. */
  where(condition: boolean): (title: string, body: Body) => void;
}

/** Defines tests which run on each library, each in a scene of its own. */
export function suite(name: string, scope: Scope, define: (test: Test, library: Library) => void): void {
  for (const library of librariesFor(scope)) {
    const run = (body: Body) => () => Scene.run(library, body);
    const test: Test = Object.assign((title: string, body: Body) => runnerTest(title, run(body)), {
      differs: (difference: DifferenceName, title: string, bodies: { ws: Body; wsimd: Body }) =>
        runnerTest(`${title} (${difference})`, run(library.isWs ? bodies.ws : bodies.wsimd)),
      where: (condition: boolean) => (title: string, body: Body) =>
        runnerTest.skipIf(!condition)(title, run(body)),
    });
    describe(`${library.name}: ${name}`, () => define(test, library));
  }
}
