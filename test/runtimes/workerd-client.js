// A worker whose clients are run from outside, as workerd-adapter.ts does: each WebSocket that it gets is the remote control of
// one connect(). Words are JSON; bytes in them are { base64 }.
// @ts-nocheck: nothing here declares what workerd has.
import { connect, socketInternals } from "wsimd/workerd";

const EVENTS = ["open", "message", "ping", "pong", "drain", "close", "error"];

export default {
  fetch() {
    const { 0: theirs, 1: control } = new WebSocketPair();
    control.accept();
    new Client(control);
    return new Response(null, { status: 101, webSocket: theirs });
  },
};

class Client {
  #control;
  #socket;
  #abort = new AbortController();

  constructor(control) {
    this.#control = control;
    control.addEventListener("message", ({ data }) => {
      const { method, args } = JSON.parse(data);
      if (method === "connect") this.#connect(...args);
      else if (method === "abort") this.#abort.abort(new Error(args[0]));
      else this.#socket[method](...args.map(decoded));
    });
  }

  async #connect(url, options) {
    const handlers = {};
    for (const event of EVENTS) handlers[event] = (socket, value) => this.#tell(event, socket, value);
    for (const event of ["reconnecting", "reconnectFailed"]) {
      handlers[event] = (value) => this.#tell(event, this.#socket, value);
    }
    try {
      const socket = await connect(url, { ...options, signal: this.#abort.signal }, handlers);
      this.#tell("connected", socket);
    } catch (error) {
      this.#tell("failed", undefined, error);
    }
  }

  #tell(event, socket, value) {
    this.#socket = socket;
    const { protocol, extensions, compression, remoteAddress, state, bufferedAmount } = socket ?? {};
    const kernel = socket && socketInternals(socket).kernel;
    const { status, headers } = socket?.response ?? {};
    const response = { status, headers: flat(headers) };
    const seen = {
      protocol,
      extensions,
      compression,
      remoteAddress,
      state,
      bufferedAmount,
      kernel,
      response,
    };
    this.#control.send(JSON.stringify({ event, socket: seen, value: encoded(value) }));
  }
}

function encoded(value) {
  if (value instanceof Uint8Array) {
    let text = "";
    for (const byte of value) text += String.fromCharCode(byte);
    return { base64: btoa(text) };
  }
  if (!(value instanceof Error)) return value;
  const { name, message, code, status, headers, body } = value;
  return { name, message, code, status, headers: flat(headers), body: body && encoded(body) };
}

function flat(headers) {
  return headers && [...headers].flat();
}

function decoded(value) {
  if (value?.base64 === undefined) return value;
  return Uint8Array.from(atob(value.base64), (character) => character.charCodeAt(0));
}
