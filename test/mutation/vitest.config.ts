// The tests that `npm run mutation` asks: those of the codec, on one kernel and without most splits, for each mutant runs them again.
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "test/unit/{protocol,handshake}/**/*.test.ts",
      "test/vectors/**/*.test.ts",
      "test/property/{handshake,round-trip}.test.ts",
    ],
    exclude: ["**/cost.test.ts", "**/longest-text.test.ts"],
    env: { WSIMD_KERNELS: "simd", WSIMD_SPLITS: "few" },
    testTimeout: 30_000,
  },
});
