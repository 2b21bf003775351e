// The top of docs/conformance.md, which `npm run conformance -- --markdown` prints.
import { SYMBOL } from "../../conformance/report.js";

export const INTRODUCTION = `# Conformance

What \`npm run conformance\` sees: a raw TCP peer, which shares no code with wsimd ([conformance](../conformance) has it), puts every rule of RFC 6455 that shows on the wire
to servers and clients that echo messages. Bytes go in one write, in a write for each frame, byte by byte and, to clients,
behind the 101 in its segment. This page is its output with \`--markdown\`.

    npm run conformance                                # wsimd and others, as below; about a quarter of an hour
    npm run conformance -- ws://127.0.0.1:8080/        # any server that echoes
    npm run conformance -- --client "program {url}"    # any client that echoes what it gets from that URL
    npm run conformance -- --help

- ${SYMBOL.conforms} conforms: does what the rule says. Where the RFC leaves something open, the rule is what wsimd does.
- ${SYMBOL.differs} differs, in what the RFC leaves open: another status or Close code, TCP dropped without a Close, a lenience.
- ${SYMBOL.breaks} breaks a MUST of the RFC, or of HTTP where the RFC builds on it.
- – was not there when the rule came.

A rule has several cases, each in all ways; the worst counts, and every cell that differs has its reasons below. The others are run as their
documentation shows, with their defaults, by the few lines in [test/conformance/programs](../test/conformance/programs); what they answer
before an application has a say is theirs, and a program that asks more of them can be stricter. Not seen from outside, and so
held by other tests: what an API refuses to send, allowed origins, and what is retained in memory.`;
