// The files that the demo's page consists of.
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HTML, ICON } from "./html.js";
import { STYLE } from "./style.js";

/** The page may load only the demo's own files, and no other site may embed it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

interface Asset {
  readonly type: string;
  readonly body: string;
}

/** All files of the demo, by path: the page, and the modules in `page/` as the compiler left them. */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>([
    ["/", { type: "text/html; charset=utf-8", body: HTML }],
    ["/style.css", { type: "text/css; charset=utf-8", body: STYLE }],
    ["/icon.svg", { type: "image/svg+xml", body: ICON }],
  ]);
  const folder = new URL("./page/", import.meta.url);
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".js")) continue;
    const body = readFileSync(new URL(file, folder), "utf8");
    assets.set(`/page/${file}`, { type: "text/javascript; charset=utf-8", body });
  }
  return assets;
}

/** Answers a plain HTTP request. */
export function serveAsset(
  assets: ReadonlyMap<string, Asset>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const asset = assets.get((request.url ?? "").replace(/\?.*$/s, ""));
  if (asset === undefined) {
    refuse(response, 404, "not found");
    return;
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    refuse(response, 405, "only GET and HEAD");
    return;
  }
  response.writeHead(200, {
    "Content-Type": asset.type,
    "Content-Length": Buffer.byteLength(asset.body),
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : asset.body);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", Connection: "close" });
  response.end(`${reason}\n`);
}
