// Decides whether an upgrade request of a shared HTTP server goes to this package, to another listener, or to the
// server itself.

import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { ELSEWHERE } from "../adapter/server/opening.js";
import { pathOf } from "../adapter/server/request-path.js";
import type { ServerCore } from "../adapter/server/server.js";
import { asksForWebSocket } from "../handshake/request.js";
import { HeaderList } from "../http/header-list.js";
import { assertByteStream } from "./byte-stream.js";
import { whenEarlierAnswered } from "./earlier-answers.js";
import { setImmediate } from "./globals.js";
import { UPGRADE_CHOOSER } from "./internals/index.js";
import { announcesContent, servePlain } from "./plain-request.js";
import { Unclaimed } from "./unclaimed.js";
import { type Attachment, guarded, open, refuse } from "./upgrade-opening.js";

type AnyHttpServer = HttpServer | HttpsServer;
type Upgrade = [request: IncomingMessage, stream: Duplex, head: Uint8Array];

/** The one listener for the upgrades of an HTTP server. It knows all attachments of the server. */
export class UpgradeRouter {
  static readonly #routers = new WeakMap<AnyHttpServer, UpgradeRouter>();
  readonly #httpServer: AnyHttpServer;
  readonly #attachments = new Map<string | undefined, Attachment>();
  #detach: (() => void)[] = [];

  private constructor(httpServer: AnyHttpServer) {
    this.#httpServer = httpServer;
  }

  static of(httpServer: AnyHttpServer): UpgradeRouter {
    let router = UpgradeRouter.#routers.get(httpServer);
    if (router === undefined) {
      router = new UpgradeRouter(httpServer);
      UpgradeRouter.#routers.set(httpServer, router);
    }
    return router;
  }

  /**
   * @param path - in the form in which paths are compared; undefined for all requests that no other listener takes
   * @throws Error if the path is taken
   */
  add(path: string | undefined, attachment: Attachment): void {
    if (this.#attachments.has(path)) throw new Error(`already attached to ${path ?? "all paths"}`);
    this.#attachments.set(path, attachment);
    if (this.#attachments.size === 1) this.#attach();
  }

  remove(path: string | undefined, core: ServerCore): void {
    if (this.#attachments.get(path)?.core !== core) return;
    this.#attachments.delete(path);
    if (this.#attachments.size > 0) return;
    for (const undo of this.#detach.splice(0)) undo();
  }

  #attach(): void {
    const httpServer = this.#httpServer;
    // It comes before the other listeners, to watch which of them takes the request.
    httpServer.prependListener("upgrade", this.#onUpgrade);
    this.#detach = [
      () => httpServer.off("upgrade", this.#onUpgrade),
      replaceMethod(httpServer, "emit", (emit) => this.#emitter(emit)),
      // Newer versions of Node call it before they treat a request as an upgrade.
      replaceMethod(httpServer, UPGRADE_CHOOSER, (asked) => this.#chooser(asked)),
    ];
  }

  /**
   * Replaces the server's `emit`, so that other listeners are not told of requests for an attached path: some listeners
   * answer or end each request that is not their own.
   */
  #emitter(emit: Method): Method {
    const ours = (upgrade: Upgrade): boolean => this.#isOurs(upgrade[0]);
    const take = (upgrade: Upgrade): void => this.#settle(...upgrade);
    return function (this: unknown, event: unknown, ...args: unknown[]): unknown {
      if (event === "upgrade" && isUpgrade(args) && ours(args)) {
        take(args);
        return true;
      }
      return Reflect.apply(emit, this, [event, ...args]);
    };
  }

  /**
   * Replaces Node's `shouldUpgradeCallback`, which decides whether a request is an upgrade. A request for another
   * protocol is not, unless there are other listeners.
   */
  #chooser(asked: Method): Method {
    const httpServer = this.#httpServer;
    const alone = (): boolean => this.#alone;
    const idle = (): boolean => this.#attachments.size === 0;
    return (request: unknown): unknown => {
      const chosen: unknown = Reflect.apply(asked, httpServer, [request]);
      if (!chosen || idle() || !isRequest(request) || wantsWebSocket(request)) return chosen;
      return !alone() && !announcesContent(request);
    };
  }

  readonly #onUpgrade = (...upgrade: Upgrade): void => {
    if (this.#alone || this.#isOurs(upgrade[0])) this.#settle(...upgrade);
    else this.#leaveToOthers(...upgrade);
  };

  get #alone(): boolean {
    return this.#httpServer.listenerCount("upgrade") <= 1;
  }

  /** Whether a request is for an attached path, and offers no subprotocols or one that the attachment speaks. */
  #isOurs(request: IncomingMessage): boolean {
    if (!wantsWebSocket(request)) return false;
    const attachment = this.#attachments.get(pathOf(request.url ?? ""));
    if (attachment === undefined) return false;
    const { "sec-websocket-protocol": offered } = request.headers;
    const { protocols } = attachment.core.options;
    return !offered || offered.split(",").some((protocol) => protocols.includes(protocol.trim()));
  }

  #takerOf(request: IncomingMessage): Attachment | undefined {
    return this.#attachments.get(pathOf(request.url ?? "")) ?? this.#attachments.get(undefined);
  }

  /** Lets the other listeners take a request, and answers it if none of them does. */
  #leaveToOthers(...upgrade: Upgrade): void {
    const [request, stream] = upgrade;
    const unclaimed = new Unclaimed(stream);
    setImmediate(() => {
      const [any] = this.#attachments.values();
      if (unclaimed.taken || any === undefined) {
        unclaimed.over();
        return;
      }
      // A listener that first waits, for example for a database, may still take the request.
      const later = wantsWebSocket(request) && this.#takerOf(request) === undefined;
      if (later) unclaimed.whenLeft(any.core.options.timeouts.handshakeMs, () => this.#settle(...upgrade));
      else {
        unclaimed.over();
        this.#settle(...upgrade);
      }
    });
  }

  /** Answers a request that no other listener has taken. */
  #settle(...[request, stream, head]: Upgrade): void {
    const taker = this.#takerOf(request);
    const [any] = this.#attachments.values();
    const answerer = taker ?? any;
    if (answerer === undefined) {
      stream.destroy();
      return;
    }
    const answer = (): void => {
      if (!wantsWebSocket(request)) {
        if (stream.destroyed || servePlain(this.#httpServer, request, stream, head)) return;
        refuse(answerer, request, stream, { status: 431 });
      } else if (taker === undefined) {
        refuse(answerer, request, stream, ELSEWHERE);
      } else open(taker, request, stream, head);
    };
    guarded(answerer.core, stream, () => {
      assertByteStream(stream);
      whenEarlierAnswered(request, stream, () => guarded(answerer.core, stream, answer));
    });
  }
}

function wantsWebSocket({ headers: { upgrade } }: IncomingMessage): boolean {
  return upgrade !== undefined && asksForWebSocket(HeaderList.from(["Upgrade", upgrade]));
}

function isUpgrade(args: unknown[]): args is Upgrade {
  return isRequest(args[0]);
}

function isRequest(value: unknown): value is IncomingMessage {
  // Checks the members. Importing the class would make Node 22 load its HTTP client as well.
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(Reflect.get(value, "rawHeaders")) && typeof Reflect.get(value, "method") === "string";
}

type Method = (...args: unknown[]) => unknown;

/** Replaces a method of an object by one made from the former method, if any. @returns a function that undoes this */
function replaceMethod(holder: object, name: string, make: (before: Method) => Method): () => void {
  const before: unknown = Reflect.get(holder, name);
  if (!isMethod(before)) return () => {};
  const own = Object.getOwnPropertyDescriptor(holder, name);
  const value = make(before);
  define(holder, name, { value, configurable: true, enumerable: false, writable: true });
  return () => {
    // If the method was replaced again since, it stays, and passes all calls on while nothing is attached.
    if (Reflect.get(holder, name) !== value) return;
    if (own === undefined) Reflect.deleteProperty(holder, name);
    else define(holder, name, own);
  };
}

function isMethod(value: unknown): value is Method {
  return typeof value === "function";
}

/** Properties of `Object.prototype` must not become part of the descriptor. */
function define(holder: object, name: string, descriptor: PropertyDescriptor): void {
  const own = { __proto__: null, ...descriptor };
  Object.defineProperty(holder, name, own);
}
