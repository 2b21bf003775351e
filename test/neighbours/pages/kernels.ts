// The kernels' differential tests, in this browser.
import { loadKernel, setModule } from "../../../src/kernel/load.js";
import { report } from "./report.js";
import { runTests } from "./vitest.js";

report(async () => {
  const scalar = await fetch("/src/kernel/generated/scalar.wasm");
  // Here are no files to read it from.
  setModule("scalar", await WebAssembly.compile(await scalar.arrayBuffer()));
  await import("../../differential/kernel-mask.test.js");
  await import("../../differential/kernel-utf8.test.js");
  await import("../../differential/kernel-decode.test.js");
  return [`fastest ${loadKernel("auto").name}`, ...(await runTests())];
});
