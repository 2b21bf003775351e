// What `upgrade` learns of a connection's TLS.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { type ConnectionOptions, connect } from "node:tls";
import type { HandshakeRequest } from "../../../src/adapter/server/options.js";
import type { TlsInfo } from "../../../src/adapter/transport.js";
import { certificate } from "../../support/certificate.js";
import { RawPeer, request } from "../raw-peer.js";
import type { Case, Scene } from "../scene.js";
import { until } from "../until.js";

/** Copies of the facts, for they are looked up while the connection is there. */
function copyOf({ serverName, alpnProtocol, peerCertificate, authorized }: TlsInfo): TlsInfo {
  return { serverName, alpnProtocol, peerCertificate, authorized };
}

const HTTP_ONE = Buffer.from("\x08http/1.1", "latin1");
const files = certificate();

/** A server that asks for certificates, and what it learns of a client. */
async function factsOf(scene: Scene, client: ConnectionOptions): Promise<TlsInfo> {
  let facts: TlsInfo | undefined;
  const asking = { ca: files.cert, requestCert: true, rejectUnauthorized: false, ALPNProtocols: HTTP_ONE };
  const upgrade = ({ tls }: HandshakeRequest) => {
    assert.ok(tls);
    facts = copyOf(tls);
    return undefined;
  };
  const server = await scene.serve({ tls: { ...files, ...asking }, upgrade }, {});
  const socket = connect({ port: server.port, host: "127.0.0.1", ca: files.cert, ...client });
  const peer = new RawPeer(socket);
  scene.after(() => peer.destroy());
  await peer.write(request());
  assert.match(await peer.head(), /^HTTP\/1\.1 101 /);
  await until(() => facts !== undefined, "the facts");
  assert.ok(facts);
  return facts;
}

export const tlsFactCases: readonly Case[] = [
  {
    name: "a client with a certificate, a name and a protocol",
    needs: ["tls"],
    async run(scene) {
      const facts = await factsOf(scene, { ...files, servername: "localhost", ALPNProtocols: ["http/1.1"] });
      const { peerCertificate, ...rest } = facts;
      assert.deepEqual(rest, { serverName: "localhost", alpnProtocol: "http/1.1", authorized: true });
      assert.ok(peerCertificate);
      assert.equal(
        new X509Certificate(peerCertificate).fingerprint256,
        new X509Certificate(files.cert).fingerprint256,
      );
    },
  },
  {
    name: "a client without a certificate",
    needs: ["tls"],
    async run(scene) {
      const expected = { serverName: "localhost", alpnProtocol: undefined, peerCertificate: undefined };
      assert.deepEqual(await factsOf(scene, { servername: "localhost" }), { ...expected, authorized: false });
    },
  },
  {
    name: "a client whose certificate is vouched for by no authority of the server's",
    needs: ["tls"],
    async run(scene) {
      const facts = await factsOf(scene, { ...certificate(), servername: "localhost" });
      assert.equal(facts.authorized, false);
      assert.ok(facts.peerCertificate);
    },
  },
  {
    name: "a client that asks for no name",
    needs: ["tls"],
    async run(scene) {
      const facts = await factsOf(scene, { servername: "", checkServerIdentity: () => undefined });
      assert.equal(facts.serverName, undefined);
    },
  },
  {
    name: "without TLS there are none",
    async run(scene) {
      const seen: unknown[] = [];
      const upgrade = ({ tls }: HandshakeRequest) => {
        seen.push(tls);
        return undefined;
      };
      await scene.client(await scene.serve({ upgrade }, {}));
      assert.deepEqual(seen, [undefined]);
    },
  },
];
