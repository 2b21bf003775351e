// A certificate in files, for programs that a test starts.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { certificate } from "./certificate.js";

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Writes a certificate for this machine, signed with its own key. Its files last as long as the test. */
export function certificateFiles(): CertificateFiles {
  const folder = mkdtempSync(path.join(tmpdir(), "wsimd-certificate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const certFile = path.join(folder, "cert.pem");
  const keyFile = path.join(folder, "key.pem");
  const { cert, key } = certificate();
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return { certFile, keyFile, cert, key };
}
