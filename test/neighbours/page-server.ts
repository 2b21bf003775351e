// Serves the page on which a browser runs its tests.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { createViteServer } from "vitest/node";
import type { Scene } from "../adapters/scene.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PATIENCE_MS = 180_000;

/** What a page in ./pages reported. */
export interface Report {
  readonly lines?: readonly string[];
  readonly error?: string;
}

/** Serves a page of ./pages, TypeScript and all, until it has reported. */
export class PageServer {
  readonly origin: string;
  readonly report: Promise<Report>;

  private constructor(origin: string, report: Promise<Report>) {
    this.origin = origin;
    this.report = report;
  }

  static async start(scene: Scene, page: string): Promise<PageServer> {
    const vite = await createViteServer({
      root: ROOT,
      configFile: false,
      appType: "custom",
      logLevel: "error",
      server: { middlewareMode: true, hmr: false, ws: false, watch: null },
      optimizeDeps: { noDiscovery: true },
      resolve: { alias: { vitest: `${ROOT}test/neighbours/pages/vitest.ts` } },
    });
    scene.after(() => vite.close());
    const { promise, settle } = pending<Report>();
    const timer = setTimeout(() => settle({ error: "the page reported nothing" }), PATIENCE_MS);
    scene.after(() => clearTimeout(timer));
    const http = createServer(async (request, response) => {
      const asked = request.url ?? "";
      if (asked.startsWith("/?")) servePage(response, page);
      else if (asked === "/report") settle(await readReport(request, response));
      else vite.middlewares(request, response);
    });
    await once(http.listen(0, "127.0.0.1"), "listening");
    scene.after(() => {
      http.close();
      http.closeAllConnections();
    });
    const address = http.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return new PageServer(`http://localhost:${address.port}`, promise);
  }

  /** The address of the page, with what it needs to know. */
  url(query: Readonly<Record<string, string>> = {}): string {
    return `${this.origin}/?${new URLSearchParams({ page: "", ...query })}`;
  }
}

function servePage(response: ServerResponse, page: string): void {
  const script = `<script type="module" src="/test/neighbours/pages/${page}"></script>`;
  response.setHeader("Content-Type", "text/html").end(`<!doctype html><title>test</title>${script}`);
}

async function readReport(request: IncomingMessage, response: ServerResponse): Promise<Report> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += String(chunk);
  response.end();
  return JSON.parse(body);
}

function pending<T>(): { promise: Promise<T>; settle: (value: T) => void } {
  let settle: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
}
