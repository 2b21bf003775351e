// How an opening handshake fails: its transport is destroyed, and the WebSocket emits 'error' and 'close'.
import type { ClientRequest } from "node:http";
import type { Duplex } from "node:stream";
import { CLOSING, CONNECTING } from "../constants.js";
import type { ConnectingWebSocket } from "./connecting.js";

const CLOSED_EARLY = "WebSocket was closed before the connection was established";

/** Requests that the client has given up. Their errors are consequences, and not reported. */
const abandoned = new WeakSet<ClientRequest>();

/** Requests of clients with the option `quietClose`. */
const quiet = new WeakSet<ClientRequest>();

export function isAbandoned(request: ClientRequest): boolean {
  return abandoned.has(request);
}

/** Lets {@link giveUp} end the handshake of this request without an 'error' event. */
export function quieten(request: ClientRequest): void {
  quiet.add(request);
}

/** Emits 'error', then 'close'. */
export function emitErrorAndClose(websocket: ConnectingWebSocket, error: Error): void {
  websocket._readyState = CLOSING;
  websocket._errorEmitted = true;
  websocket.emit("error", error);
  websocket.emitClose();
}

/** Emits 'close' alone. */
export function emitQuietClose(websocket: ConnectingWebSocket): void {
  websocket._readyState = CLOSING;
  websocket.emitClose();
}

/**
 * Ends the opening handshake for a reason, which 'error' names.
 *
 * @param stream - the request while it waits for an answer, afterwards the connection
 */
export function abortHandshake(
  websocket: ConnectingWebSocket,
  stream: ClientRequest | Duplex,
  message: string,
): void {
  websocket._readyState = CLOSING;
  const error = new Error(message);
  Error.captureStackTrace(error, abortHandshake);
  if (isRequest(stream)) {
    abandon(stream);
    process.nextTick(emitErrorAndClose, websocket, error);
    return;
  }
  stream.destroy(error);
  stream.once("error", (reason) => websocket.emit("error", reason));
  stream.once("close", () => websocket.emitClose());
}

/** Ends the opening handshake, if it is under way, because the caller has closed the WebSocket. */
export function giveUp(websocket: ConnectingWebSocket): void {
  const request = websocket._req;
  if (websocket.readyState !== CONNECTING || request === null) return;
  if (!quiet.has(request)) {
    abortHandshake(websocket, request, CLOSED_EARLY);
    return;
  }
  websocket._readyState = CLOSING;
  abandon(request);
  process.nextTick(emitQuietClose, websocket);
}

function isRequest(stream: ClientRequest | Duplex): stream is ClientRequest {
  return "setHeader" in stream;
}

function abandon(request: ClientRequest): void {
  abandoned.add(request);
  request.abort();
  // A request that is complete leaves its socket to its response.
  request.socket?.destroy();
}
