// From an upgrade request of Node's `http` to an opening: the connection is answered by what a server of this package decides.
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

/** Answers an upgrade request. Nothing that the request or its connection is like makes it throw. */
export function open(attachment: Attachment, request: RequestHead, stream: Duplex, head: Uint8Array): void {
  withOpening(attachment, stream, (opening) => opening.headRead(request, head));
}

/** Turns a request away. Nothing that its connection is like makes it throw. */
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
    // Its owner may have paused or corked it while it was thinking.
    transport.resume();
    while (stream.writableCorked > 0) stream.uncork();
    answer(opening);
  });
}

/** @returns false if the client has left, for neither its end nor the stream's would ever be told of again, or was answered */
function isOpen(stream: Duplex): boolean {
  const gone = stream instanceof NetSocket && peerIsGone(stream);
  if (stream.readable && stream.writable && !gone) return true;
  // An answer of another's may still be on its way.
  if (!stream.writableEnded) stream.destroy();
  return false;
}

/** Calls, at the boundary to the host: what is thrown is reported, and ends this connection alone. */
export function guarded(core: ServerCore, stream: Duplex, call: () => void): void {
  try {
    call();
  } catch (error) {
    stream.destroy();
    core.report(error);
  }
}
