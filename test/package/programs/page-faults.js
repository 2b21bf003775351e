// Receives long messages and keeps none of them. Shows how many pages of each were new to the process, for `process-effects.test.ts`:
//
//     node page-faults.js auto|off
import { connect, serve } from "wsimd/node";

const internals = process.argv[2] === "off" ? "off" : "auto";
const WARM_UP = 200;
const MESSAGES = 600;
const message = new Uint8Array(2 ** 20 - 64);

let received = 0;
let faultsBefore = 0;
const server = await serve(
  { host: "127.0.0.1", internals },
  {
    message(socket) {
      if (++received === WARM_UP) faultsBefore = faults();
      if (received === WARM_UP + MESSAGES) {
        console.log((faults() - faultsBefore) / MESSAGES);
        process.exit();
      }
      socket.send("next");
    },
  },
);
const client = await connect(server.url, { internals: "off" }, { message: () => void client.send(message) });
client.send(message);

function faults() {
  return process.resourceUsage().minorPageFault;
}
