// Turns an upgrade request of Node's `http` into an opening of a server of this package.
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { Opening } from "../adapter/server/opening.js";
import type { ServerCore } from "../adapter/server/server.js";
import type { RequestHead } from "../http/head.js";
import type { RefusalOptions } from "../http/refusal.js";
import { InvalidStateError } from "../protocol/errors.js";
import { DuplexTransport } from "./duplex-transport.js";
import type { Internals } from "./internals-option.js";
import { NodeTransport } from "./node-transport.js";
import { peerIsGone } from "./remote-address.js";
import { isTaken } from "./stream-listeners.js";

/** The sockets of one `attach` or `upgrade`, and how they read. */
export interface Attachment {
  readonly core: ServerCore;
  readonly internals: Internals;
}

/** Answers an upgrade request. No state of the request or its connection makes it throw. */
export function open(attachment: Attachment, request: RequestHead, stream: Duplex, head: Uint8Array): void {
  withOpening(attachment, stream, (opening) => opening.headRead(request, head));
}

/** Refuses a request. No state of its connection makes it throw. */
export function refuse(attachment: Attachment, stream: Duplex, refusal: RefusalOptions): void {
  withOpening(attachment, stream, (opening) => opening.refuse(refusal));
}

function withOpening(
  { core, internals }: Attachment,
  stream: Duplex,
  answer: (opening: Opening) => void,
): void {
  if (isTaken(stream)) {
    core.report(new InvalidStateError("the connection of this request is read by something else already"));
    return;
  }
  guarded(core, stream, () => {
    if (!isOpen(stream)) return;
    if (stream instanceof NetSocket) {
      stream.setTimeout(0);
      stream.setNoDelay(true);
    }
    const transport =
      stream instanceof NetSocket ? new NodeTransport(stream, internals) : new DuplexTransport(stream);
    const opening = new Opening(core, transport);
    // The previous owner may have paused or corked the stream.
    transport.resume();
    while (stream.writableCorked > 0) stream.uncork();
    answer(opening);
  });
}

/** @returns false if the client was answered or has left; the end of the stream would not be reported again */
function isOpen(stream: Duplex): boolean {
  const gone = stream instanceof NetSocket && peerIsGone(stream);
  if (stream.readable && stream.writable && !gone) return true;
  // Other code may have written an answer that is still on its way.
  if (!stream.writableEnded) stream.destroy();
  return false;
}

/** Runs a call from the host. An exception is reported, and ends this connection alone. */
export function guarded(core: ServerCore, stream: Duplex, call: () => void): void {
  try {
    call();
  } catch (error) {
    stream.destroy();
    core.report(error);
  }
}
