// Runs a suite of tests on each kernel.
import { describe, expect, test } from "vitest";
import { Connection, type KernelName } from "../../src/index.js";

/** All kernels, or those that `WSIMD_KERNELS` names, for runs that repeat the same tests very often. */
export const KERNELS: readonly KernelName[] = (["simd", "scalar", "js"] as const).filter(
  (name) => process.env.WSIMD_KERNELS?.split(",").includes(name) !== false,
);

/** Runs a suite on each kernel. The first test holds that it is the one asked for, so that no suite tests another. */
export function describeKernels(title: string, suite: (kernel: KernelName) => void): void {
  describe.each(KERNELS)(`${title} [%s]`, (kernel) => {
    test(`the kernel is ${kernel}`, () => {
      expect(new Connection({ role: "server", kernel }).kernel).toBe(kernel);
    });
    suite(kernel);
  });
}
