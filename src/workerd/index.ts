// A WebSocket client on Cloudflare Workers.
import "../kernel/load.workerd.js";

export * from "../adapter/api/client.js";
export { type ConnectOptions, connect } from "./connect.js";
