"""The package websocket-client: `URL LONG_BYTES`."""

import struct
import sys

import websocket
from websocket import ABNF


def payload(length):
    return bytes((i * 31 + (i >> 8)) & 255 for i in range(length))


def same(one, other):
    return "true" if one == other else "false"


def connect(url):
    return websocket.create_connection(url, subprotocols=["other", "chat"], timeout=30)


def closed(ws):
    """Code and reason of the server's Close frame."""
    while True:
        opcode, frame = ws.recv_data_frame(True)
        if opcode == ABNF.OPCODE_CLOSE:
            return f"{struct.unpack('!H', frame.data[:2])[0]} {frame.data[2:].decode()}".strip()


url, large = sys.argv[1], int(sys.argv[2])
ws = connect(url)
print(f"protocol {ws.getsubprotocol()}")
for text in ["", "hello", "€uro \U0001f600", "x" * 70_000]:
    ws.send(text)
    print(f"text {same(ws.recv(), text)}")
for length in [0, 125, 126, 65_535, 65_536, large]:
    data = payload(length)
    ws.send_binary(data)
    print(f"binary {same(ws.recv(), data)}")
ws.send_frame(ABNF.create_frame("in ", ABNF.OPCODE_TEXT, 0))
ws.send_frame(ABNF.create_frame("", ABNF.OPCODE_CONT, 0))
ws.send_frame(ABNF.create_frame("parts", ABNF.OPCODE_CONT, 1))
print(f"fragments sent {ws.recv()}")
ws.send("fragments")
print(f"fragments {ws.recv()}")
ws.ping("hi")
opcode, frame = ws.recv_data_frame(True)
print("pong" if (opcode, frame.data) == (ABNF.OPCODE_PONG, b"hi") else f"no pong: {opcode} {frame.data}")
ws.send_close(4001, "bye €".encode())
print(f"closed {closed(ws)}")
ws.shutdown()
ws = connect(url)
ws.send("close me")
print(f"closed {closed(ws)}")
ws.shutdown()
