// The browsers, each started for one page.
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Scene } from "../adapters/scene.js";
import { launchChromium } from "../support/chromium.js";
import { startPeer } from "./peer.js";

/** A server whose certificate vouches for itself, and that is to be trusted all the same. */
export interface Trusted {
  readonly port: number;
  readonly cert: string;
}

export interface Browser {
  readonly name: string;
  /** Opens a page; the scene closes the browser. */
  open(scene: Scene, url: string, trusted?: Trusted): Promise<void>;
}

const chromium: Browser = {
  name: "Chromium",
  async open(scene, url, trusted) {
    const browser = await launchChromium(trusted === undefined ? [] : [trustKey(trusted)]);
    scene.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
  },
};

function trustKey({ cert }: Trusted): string {
  const key = new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" });
  return `--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`;
}

const PREFERENCES: Readonly<Record<string, string | number | boolean>> = {
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.newtabpage.enabled": false,
  "browser.safebrowsing.downloads.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.proxy.type": 0,
  "services.settings.server": "data:,",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
  // One process for pages is enough.
  "dom.ipc.processCount": 1,
  "fission.autostart": false,
};

const firefox: Browser = {
  name: "Firefox",
  async open(scene, url, trusted) {
    const profile = await mkdtemp(path.join(tmpdir(), "wsimd-firefox-"));
    // Its processes go one after the other, and write until they do.
    scene.after(() => rm(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
    const lines = Object.entries(PREFERENCES).map(
      ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
    );
    await writeFile(path.join(profile, "user.js"), lines.join(""));
    if (trusted !== undefined) await writeFile(path.join(profile, "cert_override.txt"), override(trusted));
    const args = ["--headless", "--no-remote", "--profile", profile, url];
    const env = {
      HOME: profile,
      MOZ_HEADLESS: "1",
      MOZ_CRASHREPORTER_DISABLE: "1",
      MOZ_DISABLE_CONTENT_SANDBOX: "1",
    };
    startPeer(scene, [process.env.FIREFOX ?? "firefox-esr", ...args], env);
  },
};

/** The exception that a user makes by a click on "Accept the Risk and Continue". */
function override({ port, cert }: Trusted): string {
  const { fingerprint256 } = new X509Certificate(cert);
  return `localhost:${port}:\tOID.2.16.840.1.101.3.4.2.1\t${fingerprint256}\t\n`;
}

export const BROWSERS: readonly Browser[] = [chromium, firefox];
