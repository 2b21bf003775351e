// `createWebSocketStream`: a WebSocket as a Duplex of Node's.
import { Duplex, type DuplexOptions } from "node:stream";
import { CLOSED, CONNECTING } from "./constants.js";
import type { WebSocket } from "./websocket.js";

/**
 * Makes a stream of a WebSocket.
 *
 * Each chunk that is written becomes a binary message, or a text message if `decodeStrings` is false and the chunk is a
 * string. Each message that arrives is a chunk to be read; with `readableObjectMode` those of text are strings. While
 * the stream's buffer is full, the WebSocket is paused.
 *
 * When writing ends, the WebSocket is closed. When the WebSocket is closed, reading ends. When the stream is destroyed,
 * the WebSocket is terminated. An 'error' of the WebSocket destroys the stream and becomes its 'error'.
 *
 * @param options - those of Duplex; `autoDestroy`, `emitClose`, `objectMode` and `writableObjectMode` are ignored
 */
export function createWebSocketStream(websocket: WebSocket, options?: DuplexOptions): Duplex {
  let terminates = true;

  const duplex = new Duplex({
    ...options,
    autoDestroy: false,
    emitClose: false,
    objectMode: false,
    writableObjectMode: false,
    read: () => {
      if (websocket.isPaused) websocket.resume();
    },
    write: (chunk: Buffer | string, _encoding, callback) => {
      whenOpen(() => websocket.send(chunk, callback));
    },
    final: (callback) => {
      whenOpen(() => close(callback));
    },
    destroy: (error, callback) => {
      if (websocket.readyState === CLOSED) {
        callback(error);
        process.nextTick(emitClose, duplex);
        return;
      }
      let reported = false;
      websocket.once("error", (reason) => {
        reported = true;
        callback(reason);
      });
      websocket.once("close", () => {
        if (!reported) callback(error);
        process.nextTick(emitClose, duplex);
      });
      if (terminates) websocket.terminate();
    },
  });

  function whenOpen(action: () => void): void {
    if (websocket.readyState === CONNECTING) websocket.once("open", action);
    else action();
  }

  function close(callback: () => void): void {
    const socket = websocket._socket;
    // The opening handshake has failed. The 'error' that is about to come destroys the stream.
    if (socket === null) return;
    // A connection that is over without 'finish' has no other event to wait for.
    if (socket.writableFinished || websocket.readyState === CLOSED) {
      callback();
      return;
    }
    let closed = false;
    const onClosed = (): void => {
      if (closed) return;
      closed = true;
      callback();
    };
    socket.once("finish", onClosed);
    // A connection that breaks has no 'finish'.
    websocket.once("close", onClosed);
    websocket.close();
  }

  websocket.on("message", (data, isBinary) => {
    const chunk = !isBinary && duplex.readableObjectMode ? data.toString() : data;
    if (!duplex.push(chunk)) websocket.pause();
  });
  websocket.once("error", (error) => {
    if (duplex.destroyed) return;
    // The WebSocket ends by itself. To terminate it could lose the Close frame that tells the peer why.
    terminates = false;
    duplex.destroy(error);
  });
  websocket.once("close", () => {
    if (duplex.destroyed) return;
    // Without a socket there was no 'open': the caller has closed the WebSocket quietly before.
    if (websocket._socket === null) duplex.destroy();
    else duplex.push(null);
  });
  duplex.on("end", destroyWhenOver);
  duplex.on("finish", destroyWhenOver);
  duplex.on("error", onError);
  return duplex;
}

function emitClose(duplex: Duplex): void {
  duplex.emit("close");
}

function destroyWhenOver(this: Duplex): void {
  if (this.readableEnded && this.writableFinished && !this.destroyed) this.destroy();
}

function onError(this: Duplex, error: Error): void {
  this.removeListener("error", onError);
  this.destroy();
  // As with any stream, an error without a listener is thrown.
  if (this.listenerCount("error") === 0) this.emit("error", error);
}
