import "../kernel/load.workerd.js";

export * from "./index.js";
