// The request of a connection that was accepted as a handle.
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { RequestHead } from "../http/head.js";
import { canSetRawHeaders, setRawHeaders } from "../node/internals/index.js";

/** The connection of a request, which makes its socket when it is asked for. */
export interface SocketSource {
  readonly stream: Socket;
}

/** Stands for the socket of a request while Node's constructor sets it. */
const NO_SOCKET = new Socket();

/** A request as Node's HTTP server makes them, but for its socket, which is made when it is asked for. */
export class PortRequest extends IncomingMessage {
  /** @internal */
  readonly _source: SocketSource;
  /** @internal As Node's HTTP server sets it. */
  readonly upgrade = true;

  constructor({ headers, method, target }: RequestHead, source: SocketSource) {
    super(NO_SOCKET);
    this._source = source;
    this.method = method;
    this.url = target;
    this.httpVersion = "1.1";
    this.httpVersionMajor = 1;
    this.httpVersionMinor = 1;
    setRawHeaders(this, headers.raw);
    // There is no body.
    this.complete = true;
    this.push(null);
  }
}

const socket: PropertyDescriptor & ThisType<PortRequest> = {
  configurable: true,
  get() {
    return this._source.stream;
  },
  set(value: unknown) {
    if (value === NO_SOCKET) return;
    Object.defineProperty(this, "socket", { value, configurable: true, enumerable: true, writable: true });
  },
};
Object.defineProperty(PortRequest.prototype, "socket", socket);
Object.defineProperty(PortRequest.prototype, "client", socket);

/** Whether the requests of this Node can be made here. */
export function canMakeRequests(): boolean {
  works ??= canSetRawHeaders(new IncomingMessage(NO_SOCKET));
  return works;
}

/** Undefined before it was tried. */
let works: boolean | undefined;
