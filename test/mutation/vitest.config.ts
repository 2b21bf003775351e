// The tests that `npm run mutation` asks: those of the codec, on one kernel and without most splits, for each mutant runs them again.
import { relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What failed last time first, for the next mutant is near by, then short test files: the first failure ends a mutant's run. */
class LikelyFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((a, b) => this.#cost(a) - this.#cost(b)));
  }

  #cost({ project, moduleId }: TestSpecification): number {
    const last = this.ctx.cache.getFileTestResults(
      `${project.name}:${relative(this.ctx.config.root, moduleId)}`,
    );
    return last === undefined || last.failed ? 0 : last.duration;
  }
}

export default defineConfig({
  test: {
    include: [
      "test/unit/{protocol,handshake}/**/*.test.ts",
      "test/vectors/**/*.test.ts",
      "test/property/{handshake,round-trip}.test.ts",
    ],
    exclude: ["**/cost.test.ts", "**/longest-text.test.ts"],
    env: { WSIMD_KERNELS: "simd", WSIMD_SPLITS: "few" },
    // One thread imports everything once a mutant, not once a file.
    isolate: false,
    setupFiles: ["test/mutation/setup.ts"],
    sequence: { sequencer: LikelyFirst },
    // Of no use here, where Stryker ends what hangs: a machine that is busy must not look like a mutant that was found.
    testTimeout: 600_000,
  },
});
