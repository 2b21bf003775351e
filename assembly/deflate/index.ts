// The exports of the deflate kernel. src/kernel/deflate/kernel.ts describes each function.

import { initDeflate } from "./codes";
import { initInflate } from "./decoding-table";

export { restoreInflate } from "./block-header";
export { deflate } from "./deflate";
export { inflate, resetInflate } from "./inflate";

initInflate();
initDeflate();
