// The demo's page.
import { MAX_TEXT_LENGTH } from "./messages.js";

/** Two lanes that frames run along. */
const LOGO = `<rect width="32" height="32" rx="8" fill="#4f46e5"/><g fill="#fff"><rect x="6" y="9" width="8" height="5" rx="1.5"/><rect x="16" y="9" width="4" height="5" rx="1.5" opacity=".65"/><rect x="22" y="9" width="4" height="5" rx="1.5" opacity=".35"/><rect x="6" y="18" width="4" height="5" rx="1.5" opacity=".35"/><rect x="12" y="18" width="6" height="5" rx="1.5" opacity=".65"/><rect x="20" y="18" width="6" height="5" rx="1.5"/></g>`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${LOGO}</svg>`;

/** One of several choices. */
function choice(group: string, value: string, label: string, checked = false): string {
  const input = `<input type="radio" name="${group}" value="${value}"${checked ? " checked" : ""}>`;
  return `<label class="choice">${input}<span>${label}</span></label>`;
}

export const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>wsimd demo</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/page/app.js"></script>
</head>
<body>
<header class="top">
  <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">${LOGO}</svg>
  <div class="title">
    <h1>wsimd <span>demo</span></h1>
    <p id="kernel">WebSocket in WebAssembly SIMD</p>
  </div>
  <div class="state">
    <button id="retry" class="quiet" type="button" hidden>Try now</button>
    <p id="state" class="pill" role="status" data-state="connecting">Connecting…</p>
  </div>
</header>

<noscript><p class="card">This page needs JavaScript.</p></noscript>

<main>
  <section class="card graph" aria-labelledby="graph-title">
    <h2 id="graph-title" class="hidden">Live traffic</h2>
    <dl class="legend">
      <div class="rate">
        <dt><i aria-hidden="true"></i>Messages/s</dt>
        <dd><b id="rate">–</b></dd>
      </div>
      <div class="rtt">
        <dt><i aria-hidden="true"></i>Message round trip</dt>
        <dd><b id="rtt">–</b> <span>ms</span></dd>
      </div>
      <div class="saved">
        <dt>Saved by compression</dt>
        <dd><b id="saved">–</b> <span id="saved-bytes"></span></dd>
      </div>
      <div class="count">
        <dt>Clients</dt>
        <dd><b id="count">–</b></dd>
      </div>
    </dl>
    <canvas id="graph" role="img" aria-label="Messages a second and round-trip time"></canvas>
    <p class="hint">Message round trip: from sending a message in this tab until it is back in this tab. Compression: of
      all messages since the demo began, both ways, but for the short ones, which are not compressed.</p>
  </section>

  <section class="card clients" aria-labelledby="clients-title">
    <h2 id="clients-title">Clients</h2>
    <p class="hint">Choose who gets your messages. Ping: from the server's ping until it has the browser's pong.</p>
    <div id="clients" class="rows" role="radiogroup" aria-labelledby="clients-title">
      <label class="row everyone">
        <input type="radio" name="to" value="" checked>
        <span class="who"><b>Everyone</b></span>
      </label>
    </div>
  </section>

  <section class="card messages" aria-labelledby="messages-title">
    <h2 id="messages-title">Messages</h2>
    <ol id="log" role="log" aria-label="What came in" tabindex="0"></ol>
    <p id="empty" class="hint">No messages yet. Open this page in a second tab and send it one.</p>
    <form id="composer">
      <label for="text">To <b id="to">everyone</b></label>
      <div class="field">
        <input id="text" type="text" maxlength="${MAX_TEXT_LENGTH}" placeholder="Write a message" autocomplete="off" enterkeyhint="send">
        <button id="send" type="submit" disabled>Send</button>
      </div>
    </form>
  </section>

  <section class="card load" aria-labelledby="load-title">
    <h2 id="load-title">Load</h2>
    <p class="hint">This tab sends pieces of JSON as binary messages; the server sends each one back.</p>
    <div class="control">
      <label for="load-rate">Messages a second</label>
      <output id="load-rate-value" for="load-rate"></output>
      <input id="load-rate" type="range" min="0" step="1">
    </div>
    <div class="control">
      <label for="load-size">Payload</label>
      <output id="load-size-value" for="load-size"></output>
      <input id="load-size" type="range" min="0" step="1">
    </div>
    <button id="load-toggle" type="button" aria-pressed="false" disabled>Start the load</button>
  </section>

  <section class="card kernels" aria-labelledby="kernels-title">
    <div class="intro">
      <h2 id="kernels-title">WebAssembly against JavaScript</h2>
      <p class="hint">wsimd has three kernels with the same results. Run them in this browser: each decodes the frames of a
        64 KiB read, again and again. It reads headers, unmasks payloads, and checks that text is UTF-8. Strings and the network
        are no part of it, and nothing is sent.</p>
      <fieldset>
        <legend>Messages</legend>
        <div class="choices">
          ${choice("kernels-kind", "binary", "Binary", true)}
          ${choice("kernels-kind", "text", "ASCII text")}
          ${choice("kernels-kind", "mixed", "Mixed text")}
        </div>
      </fieldset>
      <fieldset>
        <legend>Size of each</legend>
        <div class="choices">
          ${choice("kernels-size", "20", "20 B")}
          ${choice("kernels-size", "1000", "1 kB", true)}
          ${choice("kernels-size", "16000", "16 kB")}
          ${choice("kernels-size", "64000", "64 kB")}
        </div>
      </fieldset>
      <div class="actions">
        <button id="kernels-run" type="button">Run</button>
        <button id="kernels-copy" class="secondary" type="button" disabled>Copy as JSON</button>
      </div>
    </div>
    <div class="outcome">
      <table>
        <caption class="hidden">Speed of the kernels in this browser</caption>
        <thead>
          <tr><th scope="col">Kernel</th><th scope="col">GB/s</th><th scope="col">ns a message</th><th scope="col">against JavaScript</th></tr>
        </thead>
        <tbody id="kernels-rows"></tbody>
      </table>
      <p id="kernels-status" class="hint" role="status">Not measured yet. It takes about two seconds.</p>
      <textarea id="kernels-json" rows="6" readonly aria-label="Results as JSON" hidden></textarea>
    </div>
  </section>
</main>
</body>
</html>
`;
