// Vitest's two projects. `npm test` runs `light`, `npm run test:all` both.
import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** These need Node and what `npm install` brings. They hold on Linux, macOS and Windows. */
const LIGHT = ["unit", "vectors", "property", "differential", "fuzz", "adapters", "ws", "cli", "project"];

/** These start other people's programs, or compile, pack and install this package. They hold on Linux. */
const PROGRAMS = ["package", "applications", "integrators", "runtimes", "neighbours", "soak"];

const testsIn = (folders: readonly string[]): string[] =>
  folders.map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vitest leaves one core free. Many tests wait for other programs, and such tests take the least time side by side.
    maxWorkers: availableParallelism(),
    projects: [
      { extends: true, test: { name: "light", include: testsIn(LIGHT) } },
      { extends: true, test: { name: "programs", include: testsIn(PROGRAMS), testTimeout: 120_000 } },
    ],
  },
});
