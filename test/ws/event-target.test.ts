// The part of the API that browsers have: on… accessors, addEventListener, and the events.
import { expect } from "vitest";
import { suite } from "./suite.js";
import type { CloseEvent, ErrorEvent, EventMap, MessageEvent, SocketEvent, WebSocket } from "./surface.js";

const TYPES = ["open", "message", "close", "error"] as const;
const lookup = (): void => {};

suite("event target", "connections", (test, library) => {
  /** A client that never connects. */
  const idle = (): WebSocket => {
    const ws = new library.WebSocket("ws://localhost", { lookup });
    return ws;
  };

  /** Emits the event of a type as the library itself would. */
  function emit(ws: WebSocket, type: keyof EventMap): void {
    if (type === "message") ws.emit("message", Buffer.from("x"), false);
    else if (type === "close") ws.emit("close", 1000, Buffer.from("why"));
    else if (type === "error") ws.emit("error", new Error("broken"));
    else ws.emit("open");
  }

  for (const type of TYPES) {
    const property = `on${type}` as const;

    test(`${property} is null until it is set, and takes functions alone`, () => {
      const ws = idle();
      const listener = (): void => {};
      expect(ws[property]).toBe(null);
      ws[property] = listener;
      expect(ws[property]).toBe(listener);
      expect(ws.listenerCount(type)).toBe(1);
      for (const other of ["foo", 7, {}, null, undefined]) {
        ws[property] = listener;
        Reflect.set(ws, property, other);
        expect(ws[property]).toBe(null);
        expect(ws.listenerCount(type)).toBe(0);
      }
    });

    test(`${property} set twice keeps the second`, () => {
      const ws = idle();
      const seen: string[] = [];
      ws[property] = () => seen.push("first");
      ws[property] = () => seen.push("second");
      emit(ws, type);
      expect(seen).toEqual(["second"]);
    });

    test(`${property} and listeners for ${type} leave each other alone`, () => {
      const ws = idle();
      const seen: string[] = [];
      ws.on(type, () => seen.push("on"));
      ws[property] = () => seen.push(property);
      ws.addEventListener(type, () => seen.push("added"));
      emit(ws, type);
      expect(seen).toEqual(["on", property, "added"]);
      ws[property] = null;
      expect(ws.listenerCount(type)).toBe(2);
    });

    test(`${property} is called with the WebSocket as this`, () => {
      const ws = idle();
      const seen: unknown[] = [];
      ws[property] = function (this: unknown) {
        seen.push(this);
      };
      emit(ws, type);
      expect(seen).toEqual([ws]);
    });

    test(`addEventListener for ${type} adds a function once`, () => {
      const ws = idle();
      let count = 0;
      const listener = (): void => {
        count++;
      };
      ws.addEventListener(type, listener);
      ws.addEventListener(type, listener);
      ws.addEventListener(type, listener, { once: true });
      expect(ws.listenerCount(type)).toBe(1);
      emit(ws, type);
      emit(ws, type);
      expect(count).toBe(2);
    });

    test(`addEventListener for ${type} takes an object with handleEvent`, () => {
      const ws = idle();
      const seen: unknown[] = [];
      const listener = {
        handleEvent(event: SocketEvent) {
          seen.push(this, event.type);
        },
      };
      ws.addEventListener(type, listener);
      emit(ws, type);
      expect(seen).toEqual([listener, type]);
    });

    test(`addEventListener for ${type} with once is called once`, () => {
      const ws = idle();
      let count = 0;
      ws.addEventListener(
        type,
        () => {
          count++;
          expect(ws.listenerCount(type)).toBe(0);
        },
        { once: true },
      );
      emit(ws, type);
      if (type !== "error") emit(ws, type);
      expect(count).toBe(1);
    });

    test(`removeEventListener for ${type} takes off what addEventListener added`, () => {
      const ws = idle();
      const listener = (): void => {};
      const object = { handleEvent: listener };
      ws.addEventListener(type, listener);
      ws.addEventListener(type, object, { once: true });
      expect(ws.listenerCount(type)).toBe(2);
      ws.removeEventListener(type, () => {});
      expect(ws.listenerCount(type)).toBe(2);
      ws.removeEventListener(type, object);
      ws.removeEventListener(type, listener);
      expect(ws.listenerCount(type)).toBe(0);
    });

    test(`removeEventListener for ${type} leaves ${property} and on() alone`, () => {
      const ws = idle();
      const listener = (): void => {};
      ws.on(type, listener);
      ws[property] = listener;
      ws.removeEventListener(type, listener);
      expect(ws.listenerCount(type)).toBe(2);
      expect(ws.listeners(type)[0]).toBe(listener);
    });

    test(`the event of ${type} has its type and its target, and they are enumerable accessors`, () => {
      const ws = idle();
      const events: SocketEvent[] = [];
      ws.addEventListener(type, (event: SocketEvent) => void events.push(event));
      emit(ws, type);
      const [event] = events;
      expect(event?.type).toBe(type);
      expect(event?.target).toBe(ws);
      const names: string[] = [];
      for (const name in event) names.push(name);
      expect(names.sort()).toEqual(
        {
          open: ["target", "type"],
          message: ["data", "target", "type"],
          close: ["code", "reason", "target", "type", "wasClean"],
          error: ["error", "message", "target", "type"],
        }[type],
      );
    });
  }

  test("other types are not taken", () => {
    const ws = idle();
    for (const type of ["ping", "pong", "foo", "upgrade"]) {
      Reflect.apply(ws.addEventListener, ws, [type, () => {}]);
      expect(ws.listenerCount(type)).toBe(0);
    }
  });

  test("listeners that on() added do not show in the accessors", () => {
    const ws = idle();
    const listener = (): void => {};
    ws.on("open", listener);
    ws.addEventListener("message", listener);
    expect(ws.onopen).toBe(null);
    expect(ws.onmessage).toBe(null);
    expect(ws.listeners("open")).toEqual([listener]);
  });

  test("the events have the names of the platform's classes", () => {
    const ws = idle();
    const names: unknown[] = [];
    for (const type of TYPES) {
      ws.addEventListener(type, (event: SocketEvent) => void names.push(event.constructor.name));
      emit(ws, type);
    }
    expect(names).toEqual(["Event", "MessageEvent", "CloseEvent", "ErrorEvent"]);
  });

  test("open comes as an event", async (scene) => {
    const { ws, log } = scene.connect(await scene.server());
    const events: SocketEvent[] = [];
    ws.onopen = (event) => events.push(event);
    await log.until("open");
    expect(events.map((each) => [each.type, each.target === ws])).toEqual([["open", true]]);
  });

  for (const [type, data, expected] of [
    ["nodebuffer", "text", "text"],
    ["arraybuffer", "text", "text"],
    ["nodebuffer", Buffer.from("ab"), Buffer.from("ab")],
    ["arraybuffer", Buffer.from("ab"), new Uint8Array(Buffer.from("ab")).buffer],
    ["fragments", Buffer.from("ab"), [Buffer.from("ab")]],
  ] as const)
    test(`data of a message is ${typeof expected === "string" ? "a string" : "binary"} with ${type}`, async (scene) => {
      const { server, client } = await scene.pair();
      const events: MessageEvent[] = [];
      client.ws.binaryType = type;
      client.ws.onmessage = (event) => events.push(event);
      server.ws.send(data);
      await client.log.until("message");
      expect(events.map((each) => each.data)).toEqual([expected]);
      expect(events[0]?.data).toBe(events[0]?.data);
    });

  test("data of a message is a Blob with blob", async (scene) => {
    const { server, client } = await scene.pair();
    const events: MessageEvent[] = [];
    client.ws.binaryType = "blob";
    client.ws.onmessage = (event) => events.push(event);
    server.ws.send(Buffer.from("ab"));
    await client.log.until("message");
    const data = events[0]?.data;
    if (!(data instanceof Blob)) throw new Error("no Blob");
    expect(await data.text()).toBe("ab");
  });

  test("data may be read later, when other messages have come", async (scene) => {
    const { server, client } = await scene.pair();
    const events: MessageEvent[] = [];
    client.ws.onmessage = (event) => events.push(event);
    for (const text of ["a", "b", "c"]) server.ws.send(text);
    server.ws.send(Buffer.from("d"));
    await client.log.until("message", 4);
    expect(events.map((each) => each.data)).toEqual(["a", "b", "c", Buffer.from("d")]);
  });

  test("text is a string for onmessage and a Buffer for on()", async (scene) => {
    const { server, client } = await scene.pair();
    const seen: unknown[] = [];
    client.ws.onmessage = (event) => seen.push(event.data);
    client.ws.on("message", (data: unknown, isBinary: unknown) => seen.push(data, isBinary));
    server.ws.send("a€");
    await client.log.until("message");
    expect(seen).toEqual(["a€", Buffer.from("a€"), false]);
  });

  test("text is a string where onmessage is the only listener", async (scene) => {
    const wss = await scene.server();
    const seen: unknown[] = [];
    wss.on("connection", (ws: WebSocket) => {
      ws.onmessage = ({ data }) => {
        seen.push(data);
        ws.send(String(data));
      };
    });
    const { ws, log } = scene.connect(wss);
    await log.until("open");
    ws.send("a€");
    ws.send("");
    await log.until("message", 2);
    expect(seen).toEqual(["a€", ""]);
    expect(log.words).toEqual(["open", 'text "a€"', 'text ""']);
  });

  test("a close event has the code, the reason as a string, and wasClean", async (scene) => {
    const { server, client } = await scene.pair();
    const events: CloseEvent[] = [];
    client.ws.onclose = (event) => events.push(event);
    server.ws.close(4000, "some reason €");
    await client.log.closed();
    expect(events.map(({ code, reason, wasClean }) => [code, reason, wasClean])).toEqual([
      [4000, "some reason €", true],
    ]);
  });

  test("a close event after a failure is 1006 and not clean", async (scene) => {
    const { server, client } = await scene.pair();
    const events: CloseEvent[] = [];
    client.ws.onclose = (event) => events.push(event);
    server.ws._socket.write(Buffer.from([0x85, 0x00]));
    await client.log.closed();
    expect(events.map(({ code, reason, wasClean }) => [code, reason, wasClean])).toEqual([[1006, "", false]]);
  });

  test("an error event has the error and its message", async (scene) => {
    const { server, client } = await scene.pair();
    const events: ErrorEvent[] = [];
    client.ws.onerror = (event) => events.push(event);
    server.ws._socket.write(Buffer.from([0x85, 0x00]));
    await client.log.closed();
    expect(events[0]?.error).toBe(client.log.errors[0]);
    expect(events[0]?.message).toBe("Invalid WebSocket frame: invalid opcode 5");
  });

  test("events that a program emits itself reach the listeners", () => {
    const ws = idle();
    const seen: unknown[] = [];
    ws.onmessage = ({ data }) => seen.push(data);
    ws.emit("message", Buffer.from("text"), false);
    ws.emit("message", Buffer.from("b"), true);
    ws.emit("message", "a string", true);
    expect(seen).toEqual(["text", Buffer.from("b"), "a string"]);
  });
});
