"""The package websockets: `client URL LONG_BYTES`, or `server`, which prints its port."""

import asyncio
import ssl
import sys

import websockets


def payload(length):
    return bytes((i * 31 + (i >> 8)) & 255 for i in range(length))


def same(one, other):
    return "true" if one == other else "false"


def say(line):
    print(line, flush=True)


def connect(url):
    tls = ssl.create_default_context() if url.startswith("wss:") else None
    return websockets.connect(url, subprotocols=["other", "chat"], max_size=None, ssl=tls)


async def client(url, large):
    async with connect(url) as ws:
        say(f"protocol {ws.subprotocol}")
        say(f"extensions {len(ws.extensions)}")
        for text in ["", "hello", "€uro \U0001f600", "x" * 70_000]:
            await ws.send(text)
            say(f"text {same(await ws.recv(), text)}")
        for length in [0, 125, 126, 65_535, 65_536, large]:
            data = payload(length)
            await ws.send(data)
            say(f"binary {same(await ws.recv(), data)}")
        await ws.send(["in ", "", "parts"])
        say(f"fragments sent {await ws.recv()}")
        await ws.send("fragments")
        say(f"fragments {await ws.recv()}")
        await (await ws.ping("hi"))
        say("pong")
        await ws.close(4001, "bye €")
        say(f"closed {ws.close_code}")
    async with connect(url) as ws:
        await ws.send("close me")
        await ws.wait_closed()
        say(f"closed {ws.close_code} {ws.close_reason}")


async def echo(ws, *_):
    # Said together in the end: another connection may be at work meanwhile.
    seen = [f"protocol {ws.subprotocol}"]
    await (await ws.ping("hi"))
    seen.append("pong")
    try:
        async for message in ws:
            if message == "close me":
                await ws.close(4321, "as you wish")
            elif message == "fragments":
                await ws.send(["in ", "", "parts"])
            else:
                await ws.send(message)
    except websockets.ConnectionClosedError:
        # That is every end with another code than 1000 and 1001.
        pass
    seen.append(f"closed {ws.close_code} {ws.close_reason}")
    say("\n".join(seen))


async def server():
    options = {"subprotocols": ["chat"], "max_size": None}
    async with websockets.serve(echo, "127.0.0.1", 0, **options) as listening:
        say(f"port {listening.sockets[0].getsockname()[1]}")
        await asyncio.Future()


if sys.argv[1] == "server":
    asyncio.run(server())
else:
    asyncio.run(client(sys.argv[2], int(sys.argv[3])))
