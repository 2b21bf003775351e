// A program that uses what `@types/ws` lacks, for `ws-types.test.ts`: public parts of `ws`, and what this package adds. It is
// compiled against `wsimd/ws` and wsimd-ws, and not run.
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import WebSocket, {
  extension,
  PerMessageDeflate,
  Receiver,
  Sender,
  subprotocol,
  WebSocketServer,
} from "../../../packages/ws/index.mjs";

export function ofWs(wss: WebSocketServer, socket: Socket): void {
  new WebSocket("ws://a", { closeTimeout: 1, maxPendingAutoPongs: 2 }).binaryType = "blob";
  new WebSocketServer({ noServer: true, closeTimeout: 1, maxPendingAutoPongs: 2 });
  const typed: WebSocketServer<typeof WebSocket, typeof IncomingMessage> = wss;

  const deflate = new PerMessageDeflate({ isServer: true, maxPayload: 1, threshold: 0 });
  const offers = extension.parse("permessage-deflate; client_max_window_bits")[
    PerMessageDeflate.extensionName
  ];
  const header: string = extension.format({
    [PerMessageDeflate.extensionName]: deflate.accept(offers ?? []),
  });
  const names: Set<string> = subprotocol.parse("a, b");
  deflate.compress("text", true, (error, result) => console.log(error?.message, result?.length));
  deflate.decompress(Buffer.alloc(0), true, (error, result) => console.log(error?.message, result?.length));
  deflate.cleanup();

  const receiver = new Receiver({
    isServer: true,
    maxPayload: 1,
    extensions: { "permessage-deflate": deflate },
  });
  receiver.on("message", (data: WebSocket.RawData, isBinary) => console.log(data, isBinary));
  receiver.on("conclude", (code, reason) => console.log(code.toFixed(), reason.length));
  receiver.once("ping", (data) => console.log(data.length)).once("drain", () => {});
  socket.pipe(receiver);

  const sender = new Sender(socket, { "permessage-deflate": deflate }, (mask) => void mask.fill(0));
  const frame = Sender.frame(Buffer.from("a"), {
    opcode: 1,
    fin: true,
    mask: true,
    readOnly: true,
    rsv1: false,
  });
  sender.sendFrame(frame, (error) => console.log(error?.message));
  sender.ping("a");
  sender.send("a", { fin: true, compress: false }, () => {});
  sender.close(1000, "reason", true);
  console.log(typed.clients.size, header, names.size);
}

class Session extends WebSocket {
  user = "";
}

export async function added(wss: WebSocketServer): Promise<void> {
  const { signal } = new AbortController();
  const options: WebSocket.ClientOptions = { holdMessages: true, quietClose: true, protocols: ["a"] };
  const socket = new WebSocket("ws://a", {
    ...options,
    signal,
    text: "string",
    sequential: true,
    internals: "off",
  });
  socket.on("message", async (data: WebSocket.Data, isBinary) => {
    if (typeof data === "string" && !isBinary) await Promise.resolve(data.length);
  });
  socket.start();
  socket.on("drain", () => console.log("drained"));
  if (!socket.send("text")) await socket.waitForDrain();

  const heartbeat: WebSocket.HeartbeatOptions = { interval: 1000, timeout: 1000 };
  const server = new WebSocketServer({
    port: 0,
    heartbeat,
    holdMessages: true,
    verifyClient: async ({ req, origin }) => (origin === "" ? false : { user: req.headers.cookie }),
  });
  server.on("connection", (_socket, _request, verified) => console.log(verified.user));
  const own = new WebSocketServer({ noServer: true, WebSocket: Session });
  const count: number = own.broadcast("text", { compress: false, filter: ({ user }) => user !== "" });
  for (const socket of own.clients) own.broadcast(new Uint8Array(count), { except: socket, binary: false });
  await server.close({ code: 1012, reason: "restart", timeout: 10 });
  const closing: WebSocket.CloseOptions = {};
  await wss.close(closing);
  // @ts-expect-error: a code is a number
  await wss.close({ code: "1000" });
}
