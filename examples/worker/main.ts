// A Cloudflare Worker between clients and a WebSocket server: it asks the server for a token that the clients must not
// have, and limits what they may send. The variable UPSTREAM is the address of the server, TOKEN the token.
import { connect, type Socket } from "wsimd/workerd";

interface Env {
  readonly UPSTREAM: string;
  readonly TOKEN: string;
}

export default {
  async fetch(request: Request, { UPSTREAM, TOKEN }: Env): Promise<Response> {
    const headers = { Authorization: `Bearer ${TOKEN}` };
    try {
      if (request.headers.get("Upgrade") === "websocket") return await join(UPSTREAM, headers);
      if (request.method === "POST") return new Response(await ask(UPSTREAM, headers, await request.text()));
      return new Response("connect by WebSocket, or post a question\n", { status: 426 });
    } catch (error) {
      return new Response(`${error}\n`, { status: 502 });
    }
  },
};

const timeouts = { handshakeMs: 3_000 };

/** Joins a client's WebSocket, which the runtime has read already, to one of wsimd. */
async function join(url: string, headers: Record<string, string>): Promise<Response> {
  const [outside, inside] = Object.values(new WebSocketPair());
  if (outside === undefined || inside === undefined) throw new Error("no pair of WebSockets");
  const upstream = await connect(
    url,
    { headers, timeouts, backpressure: "close" },
    {
      message: (_, data) => inside.send(data),
      // 1005 and 1006 stand for an end without a code, and cannot be sent.
      close: (_, { code, reason }) => inside.close(code === 1005 || code === 1006 ? 1011 : code, reason),
    },
  );
  inside.accept();
  inside.addEventListener("message", ({ data }) => {
    upstream.send(data);
  });
  inside.addEventListener("close", () => upstream.close(1000));
  return new Response(null, { status: 101, webSocket: outside });
}

/** Asks a question on a connection of its own. @returns the answer of the server */
function ask(url: string, headers: Record<string, string>, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    connect(
      url,
      { headers, timeouts },
      {
        open: (socket: Socket) => socket.send(question),
        message(socket, data) {
          resolve(String(data));
          socket.close(1000);
        },
        close: (_, { code }) => reject(new Error(`closed with ${code}`)),
      },
    ).catch(reject);
  });
}
