// The events of browsers, and listeners that get them, on top of those of an EventEmitter.
import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { kForOnEventAttribute, kListener } from "./constants.js";

/** Sets the target of an event, which nothing outside of this file does. */
let setTarget: (event: Event, target: unknown) => void;
/** Makes the event of a message whose text becomes a string when it is read. */
let messageEventOf: (data: unknown, isBinary: boolean) => MessageEvent;

/** An event as browsers have it. */
export class Event {
  readonly #type: string;
  #target: unknown = null;

  static {
    setTarget = (event, target) => {
      event.#target = target;
    };
  }

  /** @param type - its name */
  constructor(type: string) {
    this.#type = type;
  }

  /** The WebSocket that it happened to. */
  get target(): unknown {
    return this.#target;
  }

  /** Its name. */
  get type(): string {
    return this.#type;
  }
}

/** The members of a {@link CloseEvent}. */
export interface CloseEventInit {
  readonly code?: number | undefined;
  readonly reason?: string | undefined;
  readonly wasClean?: boolean | undefined;
}

/** The end of a connection. */
export class CloseEvent extends Event {
  readonly #code: number;
  readonly #reason: string;
  readonly #wasClean: boolean;

  constructor(type: string, { code = 0, reason = "", wasClean = false }: CloseEventInit = {}) {
    super(type);
    this.#code = code;
    this.#reason = reason;
    this.#wasClean = wasClean;
  }

  /** The status code. */
  get code(): number {
    return this.#code;
  }

  /** The reason that the peer gave. */
  get reason(): string {
    return this.#reason;
  }

  /** Whether both sides have sent a Close frame. */
  get wasClean(): boolean {
    return this.#wasClean;
  }
}

/** The members of an {@link ErrorEvent}. */
export interface ErrorEventInit {
  readonly error?: unknown;
  readonly message?: string | undefined;
}

/** An error. */
export class ErrorEvent extends Event {
  readonly #error: unknown;
  readonly #message: string;

  constructor(type: string, { error = null, message = "" }: ErrorEventInit = {}) {
    super(type);
    this.#error = error;
    this.#message = message;
  }

  /** The error itself. */
  get error(): unknown {
    return this.#error;
  }

  /** Its message. */
  get message(): string {
    return this.#message;
  }
}

/** The members of a {@link MessageEvent}. */
export interface MessageEventInit {
  readonly data?: unknown;
}

/** A message. */
export class MessageEvent extends Event {
  #data: unknown;
  /** Whether the data are the bytes of a text that was not read yet. */
  #isBytesOfText = false;

  static {
    messageEventOf = (data, isBinary) => {
      const event = new MessageEvent("message", { data });
      event.#isBytesOfText = !isBinary;
      return event;
    };
  }

  constructor(type: string, { data = null }: MessageEventInit = {}) {
    super(type);
    this.#data = data;
  }

  /** Its content: a string, or bytes in the form that `binaryType` names. */
  get data(): unknown {
    if (this.#isBytesOfText) {
      this.#data = String(this.#data);
      this.#isBytesOfText = false;
    }
    return this.#data;
  }
}

for (const [EventClass, names] of [
  [Event, ["target", "type"]],
  [CloseEvent, ["code", "reason", "wasClean"]],
  [ErrorEvent, ["error", "message"]],
  [MessageEvent, ["data"]],
] as const)
  for (const name of names) Object.defineProperty(EventClass.prototype, name, { enumerable: true });

/** The event that listeners of each name get. */
export interface EventOf {
  open: Event;
  message: MessageEvent;
  close: CloseEvent;
  error: ErrorEvent;
}

/** A function that takes events, or an object with such a function. */
export type EventListener<Kind> = ((event: Kind) => void) | { handleEvent(event: Kind): void };

/** Options of a listener. */
export interface EventListenerOptions {
  /** Whether it is removed when it is called. Default false. */
  readonly once?: boolean | undefined;
}

/** A WebSocket, as its events need it. */
export interface EventSource extends EventEmitter {
  readonly _closeFrameReceived: boolean;
  readonly _closeFrameSent: boolean;
}

/** A listener that makes an event and gives it to another listener. */
type Wrapper = ((...args: unknown[]) => void) & {
  [kListener]?: unknown;
  [kForOnEventAttribute]?: boolean;
};

/** How the event of each name is made of what an EventEmitter's listener gets. */
const EVENTS = {
  open: () => new Event("open"),
  message: (_source: EventSource, data: unknown, isBinary: unknown) =>
    messageEventOf(data, isBinary === true),
  close: (source: EventSource, code: unknown, reason: unknown) =>
    new CloseEvent("close", {
      code: Number(code),
      reason: String(reason),
      wasClean: source._closeFrameReceived && source._closeFrameSent,
    }),
  error: (_source: EventSource, error: unknown) =>
    new ErrorEvent("error", { error, message: error instanceof Error ? error.message : String(error) }),
} as const;

function isEventName(name: string): name is keyof EventOf {
  return Object.hasOwn(EVENTS, name);
}

/** Adds a listener, unless the same one is there already. Names of other events are ignored. */
export function addListener(
  source: EventSource,
  name: string,
  listener: unknown,
  once: boolean,
  forAttribute: boolean,
): void {
  if (!isEventName(name)) return;
  if (!forAttribute && source.listeners(name).some((each) => wraps(each, listener, false))) return;
  const make = EVENTS[name];
  const wrapper: Wrapper = function (this: EventSource, first?: unknown, second?: unknown): void {
    const event = make(this, first, second);
    setTarget(event, this);
    call(listener, this, event);
  };
  wrapper[kListener] = listener;
  wrapper[kForOnEventAttribute] = forAttribute;
  if (once) source.once(name, wrapper);
  else source.on(name, wrapper);
}

/** Removes a listener that {@link addListener} has added. */
export function removeListener(
  source: EventSource,
  name: string,
  listener: unknown,
  forAttribute = false,
): void {
  for (const each of source.listeners(name)) {
    if (!isFunction(each) || !wraps(each, listener, forAttribute)) continue;
    source.removeListener(name, each);
    return;
  }
}

/** The listener that the attribute of an event has set, or null. */
export function attributeListener(source: EventSource, name: keyof EventOf): unknown {
  for (const each of source.listeners(name)) if (isForAttribute(each)) return Reflect.get(each, kListener);
  return null;
}

/** Sets the listener of an attribute. What is no function removes it. */
export function setAttributeListener(source: EventSource, name: keyof EventOf, listener: unknown): void {
  removeListener(source, name, attributeListener(source, name), true);
  if (typeof listener === "function") addListener(source, name, listener, false, true);
}

function isFunction(value: unknown): value is (...args: unknown[]) => void {
  return typeof value === "function";
}

function isForAttribute(listener: object): boolean {
  return Reflect.get(listener, kForOnEventAttribute) === true;
}

function wraps(wrapper: object, listener: unknown, forAttribute: boolean): boolean {
  return Reflect.get(wrapper, kListener) === listener && isForAttribute(wrapper) === forAttribute;
}

function call(listener: unknown, source: EventSource, event: Event): void {
  if (typeof listener === "object" && listener !== null && "handleEvent" in listener) {
    const { handleEvent } = listener;
    if (typeof handleEvent === "function") handleEvent.call(listener, event);
  } else if (isFunction(listener)) listener.call(source, event);
}

/** The data of a message as a listener of an EventEmitter gets it. */
export type RawData = Buffer | ArrayBuffer | Buffer[] | Blob;
