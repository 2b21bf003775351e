// Sends the server's memory use ten times a second, and serves a page that draws it. Run: node examples/live-graph/main.js
import { serve } from "wsimd/node";

const PAGE = `<!doctype html><meta charset="utf-8"><title>Live graph</title>
<h1>The server uses <output>…</output> MiB</h1><canvas width="600" height="200"></canvas><script>
  const canvas = document.querySelector("canvas"), context = canvas.getContext("2d"), points = [];
  new WebSocket(location.href.replace(/^http/, "ws")).onmessage = ({ data }) => {
    document.querySelector("output").value = data;
    points.push(Number(data));
    if (points.length > 100) points.shift();
    const top = Math.max(...points) * 1.2;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.beginPath();
    points.forEach((point, i) => context.lineTo(i * 6, canvas.height * (1 - point / top)));
    context.stroke();
  };
</script>`;

const server = await serve(
  {
    host: "127.0.0.1",
    port: Number(process.env.PORT ?? 8080),
    fetch: () => new Response(PAGE, { headers: { "Content-Type": "text/html; charset=utf-8" } }),
    // A slow client misses some points, instead of getting old ones late.
    limits: { maxBackpressureBytes: 1024 },
    backpressure: "drop",
  },
  {},
);
const timer = setInterval(() => {
  server.broadcast((process.memoryUsage.rss() / 2 ** 20).toFixed(1));
}, 100);

process.once("SIGTERM", () => {
  clearInterval(timer);
  server.close();
});
console.log(`listening on ${server.url}`);
