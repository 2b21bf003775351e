// A Cloudflare Worker that sends a message to a WebSocket server for each request, on a new connection:
//
//     curl 'http://127.0.0.1:8787/?url=ws://127.0.0.1:8080/&say=hello'
import { connect } from "wsimd/workerd";

export default {
  /** @param {Request} request */
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    try {
      return new Response(await ask(searchParams.get("url") ?? "", searchParams.get("say") ?? ""));
    } catch (error) {
      return new Response(String(error), { status: 502 });
    }
  },
};

/** @returns {Promise<string>} the reply of the server */
function ask(/** @type {string} */ url, /** @type {string} */ question) {
  return new Promise((resolve, reject) => {
    connect(
      url,
      { timeouts: { handshakeMs: 3_000 } },
      {
        open: (socket) => socket.send(question),
        message(socket, data) {
          resolve(String(data));
          socket.close(1000);
        },
        close: (_, { code }) => reject(new Error(`closed with ${code}`)),
      },
    ).catch(reject);
  });
}
