// The conversation, by the WebSocket of the runtime that runs this: web-client.js URL LONG_BYTES
import process from "node:process";
import { converse } from "./conversation.js";

const [url = "", largeBytes] = process.argv.slice(2);
for (const line of await converse(url, Number(largeBytes))) console.log(line);
