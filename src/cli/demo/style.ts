// The style sheet of the demo's page.

export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f8;
  --card: #ffffff;
  --sunk: #f4f5f8;
  --ink: #161a23;
  --muted: #586174;
  --line: #e2e5ec;
  --rate: #4f46e5;
  --rtt: #0f766e;
  --button: #4f46e5;
  --button-hover: #4338ca;
  --button-ink: #ffffff;
  --good: #15803d;
  --wait: #a16207;
  --bad: #b91c1c;
  --shadow: 0 1px 2px rgb(20 25 40 / 5%), 0 4px 16px rgb(20 25 40 / 4%);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0d1016;
    --card: #151a22;
    --sunk: #0f131a;
    --ink: #e9edf4;
    --muted: #99a4b6;
    --line: #272e3a;
    --rate: #98a2ff;
    --rtt: #2dd4bf;
    --button: #5b5bf0;
    --button-hover: #6464f2;
    --button-ink: #ffffff;
    --good: #4ade80;
    --wait: #facc15;
    --bad: #f87171;
    --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  max-width: 1240px;
  margin: 0 auto;
  padding: 20px clamp(12px, 3vw, 32px) 32px;
  background: var(--page);
  color: var(--ink);
}
h1, h2, p, dl, dd, ol { margin: 0; padding: 0; }
h1 { font-size: 19px; line-height: 1.2; letter-spacing: -.01em; }
h1 span { color: var(--muted); font-weight: 400; }
h2 { font-size: 15px; letter-spacing: -.005em; }
b { font-weight: 600; }
.hint { color: var(--muted); font-size: 13px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--rate); outline-offset: 2px; }

/* The head of the page */
.top { display: flex; align-items: center; gap: 12px; margin-bottom: 20px; }
.logo { width: 40px; height: 40px; flex: none; }
.title { min-width: 0; }
.title p { color: var(--muted); font-size: 13px; }
.state { display: flex; align-items: center; gap: 8px; margin-left: auto; }
.pill {
  display: flex; align-items: center; gap: 8px;
  padding: 5px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--card);
  font-size: 13px; white-space: nowrap; font-variant-numeric: tabular-nums;
}
.pill::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--wait); }
.pill[data-state="open"]::before { background: var(--good); }
.pill[data-state="waiting"]::before { background: var(--bad); }

/* Cards */
main { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr) 372px; align-items: start; }
.card {
  min-width: 0; padding: 18px 20px;
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow);
}

/* The graph */
.legend { display: flex; flex-wrap: wrap; gap: 8px 40px; margin-bottom: 14px; }
.legend dt { display: flex; align-items: center; gap: 8px; color: var(--muted); font-size: 13px; }
.legend i { width: 14px; border-radius: 3px; background: var(--rate); }
.legend .rate i { height: 10px; }
.legend .rtt i { height: 3px; background: var(--rtt); }
.legend dd { font-size: 15px; color: var(--muted); }
.legend dd b {
  font-size: 30px; line-height: 1.15; letter-spacing: -.02em; color: var(--ink); font-variant-numeric: tabular-nums;
}
.legend .count { margin-left: auto; text-align: right; }
.legend .count dt { justify-content: flex-end; }
#graph { display: block; width: 100%; height: 264px; }
#graph + .hint { margin-top: 8px; }

/* Clients */
.rows { margin: 12px -8px -6px; max-height: 276px; overflow-y: auto; }
.row {
  display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 0 10px; align-items: center;
  padding: 7px 8px; border-radius: 9px; cursor: pointer;
}
.row:hover { background: var(--sunk); }
.row:has(:checked) { background: color-mix(in srgb, var(--rate) 12%, transparent); }
.row:has(:focus-visible) { outline: 2px solid var(--rate); outline-offset: -2px; }
.row input { width: 16px; height: 16px; margin: 0; accent-color: var(--rate); outline: none; }
.who { display: flex; align-items: center; gap: 6px; min-width: 0; }
.who b { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.who .id { color: var(--muted); font-variant-numeric: tabular-nums; }
.you { padding: 0 7px; border-radius: 99px; background: var(--rate); color: var(--card); font-size: 11px; font-weight: 600; }
.row .rate, .row .rtt, .row .where {
  color: var(--muted); font-size: 13px; line-height: 1.35; font-variant-numeric: tabular-nums;
}
.row .rate { color: var(--rate); text-align: right; }
.row .rtt { color: var(--rtt); text-align: right; }
.row .where { grid-column: 2; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

/* Messages */
#log {
  list-style: none; max-height: 246px; margin: 10px -8px 0; padding: 2px 8px; overflow-y: auto; border-radius: 8px;
  overflow-wrap: anywhere;
}
#log:empty { display: none; }
#log li { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 0 10px; padding: 3px 0; }
#log time { color: var(--muted); font-size: 12px; line-height: 22px; font-variant-numeric: tabular-nums; }
#log .parties { color: var(--muted); font-size: 13px; margin-right: 8px; }
#log .note { color: var(--muted); font-size: 13px; }
#log .private .text { color: var(--rate); }
#empty { padding: 10px 0 0; }
#log:not(:empty) + #empty { padding-top: 4px; }
#composer { margin-top: 14px; padding-top: 14px; border-top: 1px solid var(--line); }
#composer label { display: block; margin-bottom: 6px; color: var(--muted); font-size: 13px; }
#composer label b { color: var(--ink); }
.field { display: flex; gap: 8px; }
input[type="text"] {
  flex: 1; min-width: 0; height: 42px; padding: 0 13px; font: inherit; font-size: 16px; color: inherit;
  background: var(--sunk); border: 1px solid var(--line); border-radius: 10px;
}
input[type="text"]::placeholder { color: var(--muted); opacity: 1; }
input[type="text"]:focus { outline: 2px solid var(--rate); outline-offset: -1px; }

/* Buttons and sliders */
button {
  height: 42px; padding: 0 18px; font: inherit; font-weight: 600; color: var(--button-ink); background: var(--button);
  border: 1px solid transparent; border-radius: 10px; cursor: pointer;
}
button:hover { background: var(--button-hover); }
button:disabled { opacity: .5; cursor: default; }
button[aria-pressed="true"], button.quiet, button.secondary { color: var(--ink); background: var(--card); border-color: var(--line); }
button[aria-pressed="true"]:hover, button.quiet:hover, button.secondary:not(:disabled):hover { background: var(--sunk); }
button.quiet { height: 32px; padding: 0 12px; font-size: 13px; }
.load > button { width: 100%; margin-top: 16px; }
.control { display: grid; grid-template-columns: 1fr auto; margin-top: 14px; font-size: 14px; }
.control output { font-weight: 600; font-variant-numeric: tabular-nums; }
.control input { grid-column: 1 / -1; width: 100%; height: 28px; margin: 0; accent-color: var(--rate); cursor: pointer; }

/* Kernels */
.intro .hint { margin-top: 4px; }
.kernels { display: grid; grid-template-columns: minmax(0, 372px) minmax(0, 1fr); gap: 20px 40px; }
fieldset { min-width: 0; margin: 14px 0 0; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 6px; font-size: 13px; color: var(--muted); }
.choices { display: flex; gap: 2px; padding: 3px; background: var(--sunk); border: 1px solid var(--line); border-radius: 11px; }
.choice { position: relative; flex: 1; text-align: center; font-size: 14px; cursor: pointer; }
.choice input { position: absolute; inset: 0; margin: 0; opacity: 0; pointer-events: none; }
.choice span { display: block; padding: 6px 4px; border: 1px solid transparent; border-radius: 8px; white-space: nowrap; color: var(--muted); }
.choice:hover span { color: var(--ink); }
.choice :checked + span { background: var(--card); border-color: var(--line); color: var(--ink); font-weight: 600; }
.choice :focus-visible + span { outline: 2px solid var(--rate); outline-offset: 1px; }
.actions { display: flex; gap: 8px; margin-top: 18px; }
.actions button { flex: 1; white-space: nowrap; font-variant-numeric: tabular-nums; }
button[aria-disabled="true"] { cursor: progress; }
table { width: 100%; border-collapse: collapse; }
thead th { padding: 0 0 8px 16px; color: var(--muted); font-size: 13px; font-weight: 400; text-align: right; vertical-align: bottom; }
thead th:first-child { padding-left: 0; text-align: left; }
tbody th { width: 60%; padding: 12px 0; font-weight: 600; text-align: left; }
tbody td { padding: 12px 0 12px 16px; text-align: right; vertical-align: bottom; font-variant-numeric: tabular-nums; white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
.track { display: block; height: 10px; margin-top: 8px; background: var(--sunk); border-radius: 5px; overflow: hidden; }
.bar { display: block; height: 100%; background: var(--muted); border-radius: 5px; }
.bar.simd { background: var(--rate); }
.bar.scalar { background: var(--rtt); }
tr.failed { color: var(--muted); }
#kernels-status { margin-top: 12px; padding-top: 12px; border-top: 1px solid var(--line); }
textarea {
  width: 100%; margin-top: 10px; padding: 10px; font: 13px/1.4 ui-monospace, monospace; color: inherit; background: var(--sunk);
  border: 1px solid var(--line); border-radius: 10px;
}

@media (min-width: 901px) {
  main { grid-template-areas: "graph clients" "messages load" "kernels kernels"; grid-template-rows: auto 1fr auto; }
  .kernels { grid-area: kernels; }
  .graph { grid-area: graph; } .clients { grid-area: clients; }
  .messages { grid-area: messages; } .load { grid-area: load; }
  .card { align-self: stretch; }
  .messages { display: flex; flex-direction: column; }
  .messages::before { content: ""; order: 1; flex: 1; min-height: 14px; }
  #composer { order: 2; margin-top: 0; }
}
@media (max-width: 900px) {
  main, .kernels { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 560px) {
  body { padding-top: 14px; }
  main { gap: 12px; }
  .top { flex-wrap: wrap; margin-bottom: 14px; }
  .title p { display: none; }
  .logo { width: 34px; height: 34px; }
  .card { padding: 14px; }
  .legend { gap: 8px; justify-content: space-between; }
  .legend dt { gap: 6px; font-size: 12px; }
  .legend .count { margin-left: 0; }
  .legend dd b { font-size: 24px; }
  #graph { height: 210px; }
  #log li { display: block; }
  #log time { margin-right: 8px; }
  .row { padding: 10px 8px; }
  tbody th { width: 44%; font-size: 14px; }
  thead th, tbody td { padding-left: 10px; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .row { transition: background-color .15s; }
  .bar { transition: width .4s ease-out; }
  .pill[data-state="connecting"]::before { animation: pulse 1s ease-in-out infinite alternate; }
  @keyframes pulse { to { opacity: .3; } }
}
`;
