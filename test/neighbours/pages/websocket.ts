// The conversation, by the WebSocket of the browser.
import { converse } from "../peers/conversation.js";
import { report } from "./report.js";

const query = new URLSearchParams(location.search);
report(() => converse(query.get("url") ?? "", Number(query.get("bytes"))));
