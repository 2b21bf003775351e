// A web site of one page, which runs a module in a browser.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import path from "node:path";

const TYPES: Readonly<Record<string, string>> = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** A web site of one page, which runs a module and says what came of it with `report(text)`. */
export class Site {
  readonly #server: Server;
  readonly #reports: string[] = [];
  #wake: (() => void) | undefined;

  /**
   * @param files - a folder; its files are below `/files/`
   * @param code - the page's module
   * @param policy - the page's Content-Security-Policy, if it has one
   */
  constructor(files: string, code: string, policy?: string) {
    const script = `const report = (text) => fetch("/report", { method: "POST", body: text });
      addEventListener("unhandledrejection", ({ reason }) => report(String(reason)));
      ${code}`;
    this.#server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      if (policy !== undefined) response.setHeader("Content-Security-Policy", policy);
      if (pathname === "/") {
        response.setHeader("Content-Type", "text/html");
        response.end('<!doctype html><title>test</title><script type="module" src="/page.js"></script>');
      } else if (pathname === "/page.js") {
        response.setHeader("Content-Type", "text/javascript").end(script);
      } else if (pathname === "/report") {
        const body = await request.toArray();
        this.#reports.push(Buffer.concat(body).toString());
        this.#wake?.();
        response.end();
      } else if (pathname.startsWith("/files/")) {
        const file = path.join(files, pathname.slice("/files/".length));
        response.setHeader("Content-Type", TYPES[path.extname(file)] ?? "text/plain");
        response.end(readFileSync(file));
      } else {
        response.writeHead(404).end();
      }
    });
  }

  /** Starts to serve. @returns the page's URL */
  async listen(): Promise<string> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `http://127.0.0.1:${address.port}/`;
  }

  /** What the page reports next. */
  async report(): Promise<string> {
    for (;;) {
      const text = this.#reports.shift();
      if (text !== undefined) return text;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
