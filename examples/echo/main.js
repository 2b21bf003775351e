// Sends every message back as the type that it came as. Run: node examples/echo/main.js
import { serve } from "wsimd/node";

const server = await serve(
  { host: "127.0.0.1", port: Number(process.env.PORT ?? 8080) },
  {
    message(socket, data) {
      socket.send(data);
    },
  },
);

// Closes every connection with 1001 (Going Away), and frees the port. Then the process ends.
process.once("SIGTERM", () => server.close());
console.log(`listening on ${server.url}`);
