// WebSockets on an HTTP server of Node's that the application owns, and on single requests of one.
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import { resolveServerOptions, SERVER_READERS, type ServerOptions } from "../adapter/server/options.js";
import { type Server, ServerCore } from "../adapter/server/server.js";
import { ServerHandle } from "../adapter/server/server-handle.js";
import { readHandlers } from "../adapter/socket/given-handlers.js";
import type { TextTypeOption } from "../adapter/socket/options.js";
import { incomingHead } from "../handshake/parsed-request.js";
import type { TextType } from "../protocol/endpoint-options.js";
import { type Readers, readOptions } from "../protocol/option-readers.js";
import { assertByteStream } from "./byte-stream.js";
import { whenEarlierAnswered } from "./earlier-answers.js";
import type { Handlers } from "./handlers.js";
import { nodeRuntime } from "./host.js";
import { INTERNALS_READERS, type InternalsOptions, knownInternals } from "./internals-option.js";
import { open } from "./upgrade-opening.js";
import { readUpgradePath } from "./upgrade-path.js";
import { UpgradeRouter } from "./upgrade-router.js";

/** Options of {@link upgrade}. */
export interface UpgradeOptions<Data = unknown> extends ServerOptions<Data>, InternalsOptions {}

/** Options of {@link attach}. */
export interface AttachOptions<Data = unknown> extends UpgradeOptions<Data> {
  /**
   * Takes only upgrade requests for this path. Percent-encoding makes no difference, nor does a query, nor an absolute
   * target. Default: all upgrade requests that no other listener takes.
   */
  readonly path?: string | undefined;
}

const UPGRADE_READERS: Readers<UpgradeOptions> = { ...SERVER_READERS, ...INTERNALS_READERS };
const ATTACH_READERS: Readers<AttachOptions> = { ...UPGRADE_READERS, path: readUpgradePath };

/**
 * Takes the WebSocket upgrades of an HTTP server that the application owns. Plain requests stay with it, also those
 * that ask for an upgrade to another protocol, and the limits on heads are its own. Closing the returned server closes
 * the WebSockets, not the HTTP server.
 *
 * Other `upgrade` listeners of the server are not told of requests for a `path` that was given here, unless `protocols`
 * has none of the subprotocols that the request offers. They get all other requests first. A request that none of them
 * takes is served by the attachment without a path. If there is none, it gets 404: at once if there are no other
 * listeners, otherwise after the time-out `handshakeMs`.
 * @throws TypeError or RangeError for options that make no sense; Error if the path is taken
 */
export function attach<Data = unknown, Text extends TextType = TextType>(
  httpServer: HttpServer | HttpsServer,
  options: AttachOptions<Data> & TextTypeOption<Text>,
  handlers: Handlers<Data, Text>,
): Server<Data> {
  const known = readOptions<AttachOptions>(options, ATTACH_READERS);
  const { path } = known;
  const told = readHandlers(handlers, known.fragments);
  const core = new ServerCore(nodeRuntime, resolveServerOptions(known), told);
  const internals = knownInternals(known.internals);
  const router = UpgradeRouter.of(httpServer);
  router.add(path, { core, internals });
  return new ServerHandle(core, { stop: () => router.remove(path, core), async drained() {} });
}

/**
 * Answers one upgrade request of Node's `http`: as a WebSocket, or with an HTTP error status. If the client has left in
 * the meantime, no handler is called. If other code already reads the stream, for instance because it was upgraded
 * before, it is left alone, and the `error` handler gets an `InvalidStateError`. This is not thrown, because a request
 * could cause it.
 * @param stream - as the `upgrade` event gives it, or any other `Duplex` of bytes that leads to the client; it belongs
 * to wsimd from now on
 * @param head - the bytes that came behind the request
 * @throws TypeError or RangeError for options that make no sense; TypeError if the stream is no `Duplex`, is in object
 * mode or has an encoding, or if the request is not one of Node's. The stream is untouched then
 */
export function upgrade<Data = unknown, Text extends TextType = TextType>(
  request: IncomingMessage,
  stream: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<Data> & TextTypeOption<Text>,
  handlers: Handlers<Data, Text>,
): void {
  const known = readOptions<UpgradeOptions>(options, UPGRADE_READERS);
  const told = readHandlers(handlers, known.fragments);
  const core = new ServerCore(nodeRuntime, resolveServerOptions(known), told);
  const internals = knownInternals(known.internals);
  assertByteStream(stream);
  const asked = incomingHead(request);
  whenEarlierAnswered(request, stream, () => open({ core, internals }, asked, stream, head));
}
