// Certificates for servers of tests, made in this process: no program of the system is needed for them.
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const LOCAL_NAMES = ["localhost", "127.0.0.1"];
const DAY_MS = 24 * 60 * 60 * 1000;

/** Tags of DER, the encoding that certificates have: ITU-T X.690. */
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
/** The tags of fields that RFC 5280 numbers. */
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

const ECDSA_WITH_SHA256 = der(SEQUENCE, der(OBJECT_IDENTIFIER, hex("2a8648ce3d040302")));
const COMMON_NAME = der(OBJECT_IDENTIFIER, hex("550403"));
const SUBJECT_ALT_NAME = der(OBJECT_IDENTIFIER, hex("551d11"));
const BASIC_CONSTRAINTS = der(OBJECT_IDENTIFIER, hex("551d13"));
const TRUE = der(BOOLEAN, hex("ff"));
const VERSION_3 = der(VERSION, der(INTEGER, hex("02")));

/**
 * Makes a key and a certificate that is signed with that key.
 * @param {readonly string[]} [names] - host names and IPv4 addresses that the certificate is for; default: this machine's
 * @returns {{ key: string, cert: string }} both as PEM
 */
export function certificate(names = LOCAL_NAMES) {
  const { publicKey, privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const name = der(
    SEQUENCE,
    der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from("localhost")))),
  );
  const content = der(
    SEQUENCE,
    VERSION_3,
    der(INTEGER, hex("01"), randomBytes(8)),
    ECDSA_WITH_SHA256,
    name,
    der(SEQUENCE, time(Date.now() - DAY_MS), time(Date.now() + 2 * DAY_MS)),
    name,
    publicKey,
    der(EXTENSIONS, der(SEQUENCE, authority(), alternativeNames(names))),
  );
  const signature = der(BIT_STRING, hex("00"), sign("sha256", content, privateKey));
  return { key: privateKey, cert: pem(der(SEQUENCE, content, ECDSA_WITH_SHA256, signature)) };
}

/** The extension that lets the certificate vouch for itself. */
function authority() {
  return der(SEQUENCE, BASIC_CONSTRAINTS, TRUE, der(OCTET_STRING, der(SEQUENCE, TRUE)));
}

/** @param {readonly string[]} names */
function alternativeNames(names) {
  const all = names.map((name) => {
    const isAddress = /^[\d.]+$/.test(name);
    return isAddress
      ? der(IP_ADDRESS, Buffer.from(name.split(".").map(Number)))
      : der(DNS_NAME, Buffer.from(name));
  });
  return der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, ...all)));
}

/** @param {number} milliseconds - since 1970 */
function time(milliseconds) {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, "").slice(2, 14);
  return der(UTC_TIME, Buffer.from(`${digits}Z`));
}

/**
 * One value with its tag and its length.
 * @param {number} tag
 * @param {...Uint8Array} parts - of the content
 */
function der(tag, ...parts) {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  const header = [tag, ...(length < 0x80 ? [length] : long)];
  return Buffer.concat([Buffer.from(header), content]);
}

/** @param {string} digits */
function hex(digits) {
  return Buffer.from(digits, "hex");
}

/** @param {Uint8Array} bytes */
function pem(bytes) {
  const lines =
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
