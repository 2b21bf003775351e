// Properties of the opening handshake, over generated requests and answers.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptKey, isWebSocketKey, makeKey } from "../../src/handshake/accept-key.js";
import { parseExtensions } from "../../src/handshake/extensions.js";
import {
  buildAccept,
  buildRequest,
  checkResponse,
  checkUpgrade,
  HeadParser,
} from "../../src/handshake/index.js";
import { checkPlain } from "../../src/http/plain.js";
import { EXAMPLE, latin1, outcomeOf, wire } from "../unit/handshake/every-cut.js";

/** Fixed, so that a failure can be run again; fast-check prints it together with the counterexample. */
const SEED = 0x6455;
const RUNS = { seed: SEED, numRuns: 500 };

const TCHARS = [..."!#$%&'*+-.^_`|~abcxyzABCXYZ0189"];
const token = fc.string({ unit: fc.constantFrom(...TCHARS), minLength: 1, maxLength: 12 });
const value = fc.string({ unit: fc.constantFrom(...TCHARS, ...'()<>@,;:\\"/[]?={} \t'), maxLength: 30 });
const key = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(makeKey);
const cuts = fc.array(fc.nat(400), { maxLength: 8 });

function cutAt(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [...at.map((end) => Math.min(end, bytes.length)), bytes.length].sort((a, b) => a - b);
  const chunks = ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
  return chunks.filter((chunk) => chunk.length > 0);
}

describe("handshake properties, seed 0x6455", () => {
  test("any bytes, cut anywhere, give one outcome, and never throw", () => {
    const piece = fc.constantFrom("\r\n", "\r", "\n", " ", "\t", ":", "a", "\x80", "\0", ...EXAMPLE);
    const start = fc.constantFrom("", "GET / HTTP/1.1\r\n", "HTTP/1.1 101 a\r\n", "HTTP/1.0 200\r\n");
    fc.assert(
      fc.property(
        fc.constantFrom("request", "response"),
        start,
        fc.array(piece, { maxLength: 30 }),
        cuts,
        fc.nat(300),
        (kind, line, pieces, at, max) => {
          const bytes = latin1(line + pieces.join("") + (max % 2 === 0 ? "\r\n\r\n" : ""));
          const limits = { maxHeadBytes: max + 1, maxHeaderLines: 5 };
          expect(outcomeOf(kind, cutAt(bytes, at), limits)).toEqual(outcomeOf(kind, [bytes], limits));
        },
      ),
      RUNS,
    );
  });

  test("the example with one byte changed is accepted or refused, never thrown at", () => {
    const text = wire(EXAMPLE);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), (at, byte) => {
        const bytes = latin1(text);
        bytes[at] = byte;
        const result = new HeadParser("request").push(bytes);
        if (result.type !== "head") return;
        const checked = checkUpgrade(result.head);
        expect(checked.type === "upgrade" || checked.status >= 400).toBe(true);
      }),
      { ...RUNS, numRuns: 5000 },
    );
  });

  test("what a client writes a server reads, and the other way round (RFC 6455 section 4)", () => {
    const headers = fc.array(
      fc.tuple(
        token.map((name) => `x-${name}`),
        value,
      ),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(
        key,
        fc.uniqueArray(token, { maxLength: 4 }),
        headers,
        cuts,
        (nonce, protocols, extra, at) => {
          const options = { host: "a.example", target: "/b?c", key: nonce, protocols, headers: extra };
          const parser = new HeadParser("request");
          const results = cutAt(buildRequest(options), at).map((chunk) => parser.push(chunk));
          const last = results.at(-1);
          if (last?.type !== "head") throw new Error(`${last?.type}`);
          const request = checkUpgrade(last.head);
          if (request.type !== "upgrade") throw new Error(request.reason);
          expect([request.protocols, request.key]).toEqual([protocols, nonce]);
          expect([...request.headers].slice(last.head.headers.size - extra.length)).toEqual(
            extra.map(([name, text]) => [name, text.trim()]),
          );
          const protocol = protocols.at(-1);
          const answer = new HeadParser("response").push(buildAccept(request, { protocol, headers: extra }));
          if (answer.type !== "head") throw new Error(answer.type);
          expect(checkResponse(answer.head, options)).toMatchObject({ type: "accepted", protocol });
        },
      ),
      RUNS,
    );
  });

  test("an upgrade and a plain request for the same target are for the same URL (RFC 9112 section 3.3)", () => {
    const piece = fc.constantFrom(
      ...["/", "/", "..", ".", "%2e", "%2E", "%2f", "%", "\\", "a", "b.c", "?", "'", '"', "<", ">", "[", "]"],
      ...["|", "^", "`", "{", "}", "@", ":", ";", "%41", "%C3%A9", "//", "&", "=", "*", "~"],
    );
    const visible = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 12,
    });
    const target = fc
      .tuple(
        fc.constantFrom(
          "/",
          "//",
          "http://server.example.com/",
          "http://server.example.com?",
          "HTTPS://server.example.com",
        ),
        fc.array(fc.oneof({ arbitrary: piece, weight: 4 }, visible), { maxLength: 8 }),
      )
      .map(([start, parts]) => `${start}${parts.join("").replaceAll("#", "")}`);
    fc.assert(
      fc.property(target, (sent) => {
        const [, ...lines] = EXAMPLE;
        const result = new HeadParser("request").push(latin1(wire([`GET ${sent} HTTP/1.1`, ...lines])));
        if (result.type !== "head") throw new Error(result.type);
        const upgrade = checkUpgrade(result.head);
        const plain = checkPlain(result.head, 0);
        if (upgrade.type === "refusal" || plain.type === "refusal") {
          // What names no host, or another.
          expect([upgrade.type, plain.type]).toEqual(["refusal", "refusal"]);
          expect(sent).toMatch(/^HTTPS:/);
          return;
        }
        expect(upgrade.target).toBe(sent);
        expect([plain.path, plain.query]).toEqual([upgrade.path, upgrade.query]);
        const rest = `${upgrade.path}${upgrade.query === undefined ? "" : `?${upgrade.query}`}`;
        const { url } = new Request(`http://${plain.host}${rest}`);
        expect(url).toBe(`http://server.example.com${rest}`);
        // What a URL says of the target as it was sent; `//x` is a path there, too.
        const whole = sent.startsWith("/")
          ? `http://server.example.com${sent}`
          : sent.replace(/^https/i, "http");
        expect(url).toBe(new URL(whole).href);
        expect(new URL(url).pathname).toBe(upgrade.path);
      }),
      { ...RUNS, numRuns: 5000 },
    );
  });

  test("keys round-trip, and only base64 of 16 bytes is one (RFC 6455 section 4.2.1)", () => {
    const near = fc.tuple(key, fc.nat(23), fc.nat(255)).map(([text, at, code]) => {
      return text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
    });
    fc.assert(
      fc.property(fc.oneof(key, near, fc.base64String({ minLength: 24, maxLength: 24 })), (text) => {
        const bytes = Buffer.from(text, "base64");
        const canonical = bytes.toString("base64");
        // The last character in front of the padding has bits that encode nothing.
        const same = canonical.slice(0, 21) === text.slice(0, 21) && canonical.slice(22) === text.slice(22);
        expect(isWebSocketKey(text)).toBe(
          bytes.length === 16 && same && /^[A-Za-z0-9+/]=/.test(text.slice(21)),
        );
        if (isWebSocketKey(text)) expect(acceptKey(text).length).toBe(28);
      }),
      { ...RUNS, numRuns: 5000 },
    );
  });

  test("extensions are read back as they were written, with any white space and quoting (RFC 6455 section 9.1)", () => {
    const parameter = fc.record({ name: token, value: fc.option(token, { nil: undefined }) });
    const extension = fc.record({ name: token, parameters: fc.array(parameter, { maxLength: 4 }) });
    const list = fc.array(extension, { minLength: 1, maxLength: 4 });
    const style = fc.tuple(fc.constantFrom("", " ", "\t "), fc.boolean(), fc.boolean());
    fc.assert(
      fc.property(list, style, (extensions, [space, quote, escaped]) => {
        const write = (text: string) => {
          if (!quote) return text;
          return `"${escaped ? [...text].map((character) => `\\${character}`).join("") : text}"`;
        };
        const lists = extensions.map(({ name, parameters }) =>
          [
            name,
            ...parameters.map((each) =>
              each.value === undefined ? each.name : `${each.name}${space}=${space}${write(each.value)}`,
            ),
          ].join(`${space};${space}`),
        );
        expect(parseExtensions(lists)).toEqual(extensions);
        expect(parseExtensions([lists.join(`${space},${space}`)])).toEqual(extensions);
      }),
      RUNS,
    );
  });
});
