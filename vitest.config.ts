import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Vitest leaves one core free. Much of this waits for other programs, and does that best side by side.
    maxWorkers: availableParallelism(),
  },
});
