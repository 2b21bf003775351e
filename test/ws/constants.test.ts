// The names, constants and property descriptors that programs look at before there is a connection.
import { EventEmitter } from "node:events";
import { Duplex, Writable } from "node:stream";
import { expect } from "vitest";
import { suite } from "./suite.js";

const STATES = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;
const READABLE = ["bufferedAmount", "extensions", "isPaused", "protocol", "readyState", "url"] as const;
const WRITABLE = ["binaryType", "onopen", "onmessage", "onclose", "onerror"] as const;
const METHODS = [
  "addEventListener",
  "close",
  "pause",
  "ping",
  "pong",
  "removeEventListener",
  "resume",
  "send",
  "setSocket",
  "terminate",
] as const;

suite("constants", "classes", (test, library) => {
  for (const [name, value] of Object.entries(STATES)) {
    const descriptor = { configurable: false, enumerable: true, value, writable: false };
    test(`${name} of the class is ${value}, enumerable and constant`, () => {
      expect(Object.getOwnPropertyDescriptor(library.WebSocket, name)).toEqual(descriptor);
    });
    test(`${name} of instances is ${value}, enumerable and constant`, () => {
      expect(Object.getOwnPropertyDescriptor(library.WebSocket.prototype, name)).toEqual(descriptor);
    });
  }

  for (const name of READABLE)
    test(`${name} is an enumerable accessor that cannot be set`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(library.WebSocket.prototype, name);
      expect(descriptor).toMatchObject({ configurable: true, enumerable: true, set: undefined });
      expect(descriptor?.get).toBeTypeOf("function");
    });

  for (const name of WRITABLE)
    test(`${name} is an enumerable accessor that can be set`, () => {
      const descriptor = Object.getOwnPropertyDescriptor(library.WebSocket.prototype, name);
      expect(descriptor).toMatchObject({ configurable: true, enumerable: true });
      expect(descriptor?.get).toBeTypeOf("function");
      expect(descriptor?.set).toBeTypeOf("function");
    });

  test("the methods are functions of the prototype", () => {
    for (const name of METHODS) expect(library.WebSocket.prototype[name], name).toBeTypeOf("function");
  });

  test("the classes extend those of Node", () => {
    expect(library.WebSocket.prototype).toBeInstanceOf(EventEmitter);
    expect(library.WebSocketServer.prototype).toBeInstanceOf(EventEmitter);
    expect(library.Receiver.prototype).toBeInstanceOf(Writable);
  });

  test("the classes have their names", () => {
    const { WebSocket, WebSocketServer, Sender, Receiver, PerMessageDeflate } = library;
    const names = [WebSocket, WebSocketServer, Sender, Receiver, PerMessageDeflate].map((each) =>
      Reflect.get(each, "name"),
    );
    expect(names).toEqual(["WebSocket", "WebSocketServer", "Sender", "Receiver", "PerMessageDeflate"]);
  });

  const PROPERTIES = [
    "createWebSocketStream",
    "extension",
    "PerMessageDeflate",
    "Receiver",
    "Sender",
    "subprotocol",
    "WebSocket",
    "WebSocketServer",
  ] as const;
  for (const name of PROPERTIES)
    test(`the class has what the package exports as ${name}`, () => {
      expect(Reflect.get(library.WebSocket, name)).toBe(library[name]);
    });

  test("the class has the server under its old name", () => {
    expect(Reflect.get(library.WebSocket, "Server")).toBe(library.WebSocketServer);
  });

  test("the name of the extension is that of RFC 7692", () => {
    expect(library.PerMessageDeflate.extensionName).toBe("permessage-deflate");
  });

  test("createWebSocketStream makes a Duplex", ({ library }) => {
    const emitter = new EventEmitter();
    expect(Reflect.apply(library.createWebSocketStream, undefined, [emitter])).toBeInstanceOf(Duplex);
  });
});
