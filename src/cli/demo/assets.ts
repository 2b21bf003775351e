// The files that the demo's page consists of.
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HTML, ICON } from "./html.js";
import { STYLE } from "./style.js";

/** The page may load only the demo's own files, and no other site may embed it. */
const CONTENT_SECURITY_POLICY = policy("'self'");
/** A worker has a policy of its own, that of its script. This one may compile WebAssembly, which the page may not. */
const WORKER_POLICY = policy("'self' 'wasm-unsafe-eval'");
const WORKER = "kernel-worker.js";

function policy(scripts: string): string {
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly policy?: string;
}

const JAVASCRIPT = "text/javascript; charset=utf-8";

/**
 * All files of the demo, by path: the page, the modules in `page/` as the compiler left them, and the kernels. These are at
 * `/kernel/`, where the imports of `../../../kernel/` in the modules lead: a URL has no folder above its root.
 */
export function loadAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>([
    ["/", { type: "text/html; charset=utf-8", body: HTML }],
    ["/style.css", { type: "text/css; charset=utf-8", body: STYLE }],
    ["/icon.svg", { type: "image/svg+xml", body: ICON }],
  ]);
  addModules(assets, new URL("./page/", import.meta.url), "/page/");
  const kernels = new URL("../../kernel/", import.meta.url);
  addModules(assets, kernels, "/kernel/");
  addModules(assets, new URL("generated/", kernels), "/kernel/generated/");
  const scalar = readFileSync(new URL("generated/scalar.wasm", kernels));
  assets.set("/kernel/generated/scalar.wasm", { type: "application/wasm", body: scalar });
  return assets;
}

function addModules(assets: Map<string, Asset>, folder: URL, at: string): void {
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".js")) continue;
    const body = readFileSync(new URL(file, folder), "utf8");
    const isWorker = file === WORKER;
    assets.set(at + file, { type: JAVASCRIPT, body, ...(isWorker && { policy: WORKER_POLICY }) });
  }
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
    "Content-Security-Policy": asset.policy ?? CONTENT_SECURITY_POLICY,
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
