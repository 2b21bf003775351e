export { decode } from "./frames";
export { mask } from "./mask";
export { validateUtf8 } from "./utf8";
