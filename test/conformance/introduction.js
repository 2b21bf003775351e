// The top of docs/conformance.md, which `npm run conformance -- --markdown` prints.
import { SYMBOL } from "../../conformance/report.js";

export const INTRODUCTION = `# Conformance

This page is the output of \`npm run conformance -- --markdown\`. A raw TCP peer, which shares no code with wsimd
([conformance][suite]), tests servers and clients that echo messages against every rule of RFC 6455, and of RFC 7692
(permessage-deflate), that shows on the wire. The bytes go in one write, in one write for each frame, byte by byte, and,
to clients, in the segment of the 101.

    npm run conformance                                # wsimd and others, as below; about a quarter of an hour
    npm run conformance -- ws://127.0.0.1:8080/        # any server that echoes
    npm run conformance -- --client "program {url}"    # any client that echoes what it gets from that URL
    npm run conformance -- --help

- ${SYMBOL.conforms} conforms: it does what the rule says. Where the RFC leaves a choice, the rule is what wsimd does.
- ${SYMBOL.differs} differs where the RFC leaves a choice: another status or Close code, TCP ended without a Close frame, a lenience.
- ${SYMBOL.breaks} breaks a MUST of the RFC, or of HTTP where the RFC builds on it.
- ${SYMBOL.absent} does not apply, because there is no compression, or was not measured, because the rule is newer.

A rule has several cases, each sent in all ways. The worst verdict counts, and the reasons for each difference are listed
below the tables. The other servers and clients run as their documentation shows, with their defaults, but with
compression where they have it, in the programs of [test/conformance/programs][programs]. A program can be stricter than
these defaults. Other tests cover what is not visible from outside: what an API refuses to send, the check of origins,
and memory.

[suite]: https://github.com/wsimd/wsimd/tree/main/conformance
[programs]: https://github.com/wsimd/wsimd/tree/main/test/conformance/programs`;
