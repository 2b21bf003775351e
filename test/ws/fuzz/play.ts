// Plays a script on one library, and writes down what each end told.
import { promisify } from "node:util";
import { deflateRaw } from "node:zlib";
import { turns } from "../../adapters/until.js";
import { frame, KEY, parseFrames } from "../../support/frame.js";
import { concat, hex, toHex } from "../../support/hex.js";
import type { Library } from "../library.js";
import { errorWords, messageWords } from "../log.js";
import { Scene } from "../scene.js";
import type { Sendable, WebSocket } from "../surface.js";
import type { DataForm, Group, Mode, Reply, Step } from "./script.js";

/** What happened, one list for each end: events in their order, then callbacks in theirs, then the raw peer's frames. */
export type Story = readonly (readonly string[])[];

/** The other end of a raw mode. */
interface Peer {
  write(bytes: Uint8Array): void;
  end(): void;
  reset(): void;
  frames(): string[];
}

const deflate = promisify(deflateRaw);

class Actor {
  readonly ws: WebSocket;
  readonly events: string[] = [];
  readonly callbacks: string[] = [];
  #calls = 0;
  #waiting = 0;
  #terminated = false;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data: unknown, isBinary: boolean) =>
      this.#message(short(messageWords(data, isBinary))),
    );
    for (const type of ["ping", "pong"])
      ws.on(type, (data: Buffer) => this.#message(`${type} ${short(toHex(data))}`));
    ws.on("error", (error: unknown) => this.#message(`error ${errorWords(error)}`));
    ws.on("close", (code: number, reason: Buffer) =>
      this.#note(this.#terminated ? "close" : `close ${code} ${reason.toString()}`),
    );
  }

  /** Whether a callback has not come yet. */
  get waits(): boolean {
    return this.#waiting > 0;
  }

  perform(step: Step, peer: Peer | undefined, library: Library): void {
    try {
      this.#perform(step, peer, library);
    } catch (error) {
      this.events.push(`${step.call} threw ${thrown(error)}`);
    }
  }

  #perform(step: Step, peer: Peer | undefined, library: Library): void {
    const { ws } = this;
    switch (step.call) {
      case "send":
        this.#call(ws.send, [dataOf(step.form, step.size), step.options], step.callback);
        break;
      case "ping":
      case "pong":
        this.#call(ws[step.call], [dataOf(step.form, step.size), undefined], step.callback);
        break;
      case "close":
        ws.close(step.code, step.reason === undefined ? undefined : "r".repeat(step.reason));
        break;
      case "terminate":
        this.#terminated = true;
        ws.terminate();
        break;
      case "pause":
      case "resume":
        ws[step.call]();
        break;
      case "state":
        this.events.push(this.#state);
        break;
      case "noMessages":
        ws.removeAllListeners("message");
        break;
      case "binaryType":
        ws.binaryType = step.type;
        break;
      case "reply":
        ws.once(step.event, (data: Buffer) => this.#reply(step.reply, data));
        break;
      case "attribute":
        this.#attribute(step.event);
        break;
      case "frame":
        this.#frame(step.size, library);
        break;
      case "destroySocket":
        if (ws.readyState === 1) ws._socket.destroy();
        break;
      case "write":
        peer?.write(wire(step.bytes, step.end === 0));
        break;
      case "peerEnd":
        peer?.end();
        break;
      case "peerReset":
        peer?.reset();
    }
  }

  /** What was dropped when the connection broke counts as buffered in ws. */
  get #state(): string {
    const { readyState, bufferedAmount, isPaused, binaryType } = this.ws;
    return `state ${readyState} ${readyState < 3 ? bufferedAmount : ""} ${isPaused} ${binaryType}`;
  }

  #call(method: unknown, args: readonly unknown[], hasCallback: boolean): void {
    if (typeof method !== "function") throw new TypeError("no method");
    const number = ++this.#calls;
    if (!hasCallback) {
      Reflect.apply(method, this.ws, args);
      return;
    }
    this.#waiting++;
    const callback = (error?: unknown): void => {
      this.#waiting--;
      this.callbacks.push(
        `${number} ${error === undefined || error === null ? "done" : callbackError(error)}`,
      );
    };
    try {
      Reflect.apply(method, this.ws, [...args, callback]);
    } catch (error) {
      this.#waiting--;
      throw error;
    }
  }

  #reply(reply: Reply, data: unknown): void {
    const { ws } = this;
    if (reply === "send") ws.send("reply");
    else if (reply === "echo") Reflect.apply(ws.send, ws, [data]);
    else if (reply === "ping") ws.ping("reply");
    else if (reply === "close") ws.close(4000, "reply");
    else if (reply === "binaryType") ws.binaryType = "arraybuffer";
    else if (reply === "remove") ws.removeAllListeners("pong");
    else {
      this.#terminated = true;
      ws.terminate();
    }
  }

  #attribute(event: "message" | "close" | "error"): void {
    const { ws } = this;
    if (event === "message")
      ws.onmessage = ({ data, type }) => this.#message(`on ${type} ${short(dataWords(data))}`);
    else if (event === "close")
      ws.onclose = ({ type, code, reason, wasClean }) =>
        this.#note(this.#terminated ? `on ${type}` : `on ${type} ${code} ${reason} ${wasClean}`);
    else ws.onerror = ({ message }) => this.#message(`on error ${message}`);
  }

  #frame(size: number, { Sender }: Library): void {
    // A client's frame with a key that is known, so that both libraries write the same.
    const options = { fin: true, opcode: 2, rsv1: false, mask: !this.ws._isServer, readOnly: true };
    if (this.ws.readyState === 1) this.ws._sender.sendFrame(Sender.frame(Buffer.alloc(size, 7), options));
  }

  /** After terminate() the libraries differ in what still comes: the table of differences has it. */
  #message(words: string): void {
    if (!this.#terminated) this.#note(words);
  }

  #note(words: string): void {
    this.events.push(`${words} (${this.ws.readyState})`);
  }
}

/** Plays a script, and waits between its groups until nothing happens any more. */
export async function play(
  library: Library,
  mode: Mode,
  groups: readonly Group[],
  patience: number,
): Promise<Story> {
  const stories: (readonly string[])[] = [];
  await Scene.run(library, async (scene) => {
    const [actors, peer] = await cast(scene, mode);
    const all = [...actors.values()];
    for (const group of groups) {
      for (const step of group) actors.get(step.end)?.perform(step, peer, library);
      await quiet(all, patience);
      if (!all.some(({ ws }) => ws.isPaused)) continue;
      for (const { ws } of all) ws.resume();
      await quiet(all, patience);
    }
    for (const { ws, events, callbacks } of all) {
      events.push(`at the end: ${ws.readyState}`);
      stories.push([...events], [...callbacks]);
    }
    if (peer !== undefined) stories.push(peer.frames());
    scene.uncaught();
  });
  return stories;
}

async function cast(scene: Scene, mode: Mode): Promise<[Map<0 | 1, Actor>, Peer | undefined]> {
  if (mode === "server" || mode === "client") {
    const { ws, peer } = await scene.raws(mode);
    const isServer = mode === "server";
    return [
      new Map([[isServer ? 0 : 1, new Actor(ws)]]),
      {
        write: (bytes) => void (peer.closed || peer.write(bytes)),
        end: () => peer.end(),
        reset: () => peer.reset(),
        frames: () => frameWords(peer.bytes),
      },
    ];
  }
  const options = mode === "compressed" ? { perMessageDeflate: { threshold: 0 } } : {};
  const { server, client } = await scene.pair(options, options);
  return [
    new Map([
      [0, new Actor(server.ws)],
      [1, new Actor(client.ws)],
    ] as const),
    undefined,
  ];
}

/** Waits until nothing was told for some turns, and no callback is due. */
async function quiet(actors: readonly Actor[], patience: number): Promise<void> {
  const told = (): number =>
    actors.reduce((sum, { events, callbacks }) => sum + events.length + callbacks.length, 0);
  for (let still = 0, rounds = 0; still < 3 && rounds < 30; rounds++) {
    const before = told();
    await threads();
    await turns(patience);
    const waits = actors.some((actor) => actor.waits);
    still = told() === before && !waits ? still + 1 : 0;
  }
}

/** Lets the threads end what they have: ws compresses there. */
async function threads(): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, () => deflate("x")));
}

function dataOf(form: DataForm, size: number): Sendable | undefined | null {
  switch (form) {
    case "text":
      return "t€".repeat(size).slice(0, size);
    case "buffer":
      return Buffer.alloc(size, 1);
    case "arraybuffer":
      return new ArrayBuffer(size);
    case "view":
      return new Uint16Array(size >> 1);
    case "blob":
      return new Blob(["b".repeat(size)]);
    case "number":
      return size;
    case "list":
      return Array.from({ length: Math.min(size, 200) }, (_, i) => i);
    case "nothing":
      return undefined;
    default:
      return JSON.parse("true");
  }
}

/** `first byte:payload` of each frame, in hex. */
function wire(bytes: string, masked: boolean): Uint8Array {
  const frames = bytes.split("|").map((each) => {
    const [first = "", payload = ""] = each.split(":");
    const byte = Number.parseInt(first, 16);
    const options = { fin: byte >= 0x80, rsv: (byte >> 4) & 7, opcode: byte & 15, payload: hex(payload) };
    return frame(masked ? { ...options, mask: KEY } : options);
  });
  return concat(frames);
}

function frameWords(bytes: Uint8Array): string[] {
  return parseFrames(bytes).map(
    ({ fin, rsv, opcode, mask, payload }) =>
      `${fin ? "" : "not "}final, ${rsv}, ${opcode}, ${mask === undefined ? "plain" : "masked"} ${short(toHex(payload))}`,
  );
}

function dataWords(data: unknown): string {
  return typeof data === "string" ? `string ${data}` : messageWords(data, true);
}

function short(words: string): string {
  return words.length > 60 ? `${words.slice(0, 60)}… ${words.length}` : words;
}

/** Which of the errors of a socket a callback gets depends on when the peer's end came. */
function callbackError(error: unknown): string {
  const words = errorWords(error);
  return /^(WS_|Error: WebSocket)/.test(words) ? words : "an error of the socket";
}

/** The messages of Node's own checks are Node's; their class and code count. */
function thrown(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof TypeError && "code" in error
    ? `TypeError ${String(error.code)}`
    : errorWords(error);
}
