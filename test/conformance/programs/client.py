# The client of Python's `websockets`: echoes, and connects again when its connection ends.
import asyncio
import logging
import sys

import websockets

logging.disable(logging.CRITICAL)


async def run(url):
    while True:
        try:
            async with websockets.connect(url) as socket:
                async for message in socket:
                    await socket.send(message)
        except (websockets.WebSocketException, OSError, EOFError, asyncio.TimeoutError):
            pass


asyncio.run(run(sys.argv[1]))
