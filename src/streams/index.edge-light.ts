import "../kernel/load.edge-light.js";

export * from "./index.js";
