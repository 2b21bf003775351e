// Turns an upgrade request of Node's `http` into an opening of a server of this package.
import type { IncomingMessage } from "node:http";
import { Socket as NetSocket } from "node:net";
import type { Duplex } from "node:stream";
import { Opening } from "../adapter/server/opening.js";
import type { ServerCore } from "../adapter/server/server.js";
import { incomingHead } from "../handshake/parsed-request.js";
import type { RefusalOptions } from "../http/refusal.js";
import { InvalidStateError } from "../protocol/errors.js";
import { assertByteStream } from "./byte-stream.js";
import { DuplexTransport } from "./duplex-transport.js";
import { whenEarlierAnswered } from "./earlier-answers.js";
import type { Internals } from "./internals-option.js";
import { NodeTransport } from "./node-transport.js";
import { peerIsGone } from "./remote-address.js";
import { isTaken } from "./stream-listeners.js";

/** The sockets of one server for upgrade requests, and how they read. */
export interface Attachment {
  readonly core: ServerCore;
  readonly internals: Internals;
}

/**
 * Answers one upgrade request as soon as those that came before it on its connection have their answers.
 * @throws TypeError if the stream can't carry a WebSocket, or the request is not one of Node's
 */
export function takeUpgrade(
  attachment: Attachment,
  request: IncomingMessage,
  stream: Duplex,
  head: Uint8Array,
): void {
  assertByteStream(stream);
  const asked = incomingHead(request);
  whenEarlierAnswered(request, stream, () =>
    withOpening(attachment, request, stream, (opening) => opening.headRead(asked, head)),
  );
}

/** Answers an upgrade request. No state of the request or its connection makes it throw. */
export function open(
  attachment: Attachment,
  request: IncomingMessage,
  stream: Duplex,
  head: Uint8Array,
): void {
  withOpening(attachment, request, stream, (opening) => opening.headRead(incomingHead(request), head));
}

/** Refuses a request. No state of its connection makes it throw. */
export function refuse(
  attachment: Attachment,
  request: IncomingMessage,
  stream: Duplex,
  refusal: RefusalOptions,
): void {
  withOpening(attachment, request, stream, (opening) => opening.refuse(refusal, incomingHead(request)));
}

function withOpening(
  { core, internals }: Attachment,
  incoming: IncomingMessage,
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
    const opening = new Opening(core, transport, { headRead: true, incoming });
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
