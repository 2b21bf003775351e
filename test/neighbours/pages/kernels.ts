// The kernels' differential tests, in this browser.
import { loadKernel } from "../../../src/kernel/load.js";
import { report } from "./report.js";
import { runTests } from "./vitest.js";

report(async () => {
  await import("../../differential/kernel-mask.test.js");
  await import("../../differential/kernel-utf8.test.js");
  await import("../../differential/kernel-decode.test.js");
  return [`fastest ${loadKernel("auto").name}`, ...(await runTests())];
});
