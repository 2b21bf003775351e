// The exports of a compiled kernel. src/kernel/kernel.ts describes each function.
export { decode } from "./frames";
export { mask } from "./mask";
export { utf8ToUtf16 } from "./transcode";
export { validateUtf8 } from "./utf8";
