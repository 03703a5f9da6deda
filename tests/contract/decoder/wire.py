"""REST and a WebSocket over the standard library, as docs/PROTOCOL.md has the way in."""

import base64
import hashlib
import http.client
import json
import os
import socket
import struct
import time
from urllib.parse import urlsplit

# Long, because the machine may be slow and shared: nothing here measures time.
WAIT = 10


class Refused(Exception):
    """The upgrade was answered by something else than 101: `status`, and the problem in the body."""

    def __init__(self, status, problem):
        super().__init__(f"{status} {problem}")
        self.status, self.problem = status, problem


class Closed(Exception):
    """The server has closed the socket."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


def rest(url, method, path, body=None, token=None):
    """Asks a route: the status, and the body that came."""
    at = urlsplit(url)
    # The first request may wait for what the server makes when it is first asked.
    connection = http.client.HTTPConnection(at.hostname, at.port, timeout=3 * WAIT)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8")
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


class Socket:
    """A WebSocket (RFC 6455) of one client: what comes in binary frames, and texts apart."""

    def __init__(self, url, offered):
        at = urlsplit(url)
        self.tcp = socket.create_connection((at.hostname, at.port), timeout=WAIT)
        self.rest, self.texts = b"", []
        key = base64.b64encode(os.urandom(16)).decode()
        self.tcp.sendall(
            f"GET /ws HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: {', '.join(offered)}\r\n\r\n".encode()
        )
        head = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if status != 101:
            body = self._exactly(int(headers.get("content-length", 0)))
            self.cut()
            raise Refused(status, json.loads(body) if body else None)
        accepted = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert headers["sec-websocket-accept"] == base64.b64encode(accepted).decode()
        self.protocol = headers.get("sec-websocket-protocol")

    def _more(self):
        data = self.tcp.recv(65536)
        if not data:
            raise Closed(1006)
        self.rest += data

    def _until(self, mark):
        while mark not in self.rest:
            self._more()
        found, _, self.rest = self.rest.partition(mark)
        return found

    def _exactly(self, count):
        while len(self.rest) < count:
            self._more()
        found, self.rest = self.rest[:count], self.rest[count:]
        return found

    def send(self, payload, opcode=2):
        """A frame of binary (2), text (1) or a close (8); a client's are masked."""
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + struct.pack(">H", length)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.tcp.sendall(bytes([0x80 | opcode]) + size + mask + masked)

    def frame(self, until):
        """The next binary frame before the moment `until`; empty where a text came, which is kept apart."""
        while True:
            self.tcp.settimeout(max(0.01, until - time.monotonic()))
            opcode, size = self._exactly(2)
            if size == 126:
                size = struct.unpack(">H", self._exactly(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self._exactly(8))[0]
            payload = self._exactly(size)
            if opcode == 0x82:
                return payload
            if opcode == 0x81:
                self.texts.append(payload.decode("utf-8"))
                return b""
            elif opcode == 0x88:
                self.cut()
                raise Closed(struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1005)
            elif opcode == 0x89:
                self.send(payload, opcode=10)
            else:
                raise AssertionError(f"a frame that the document does not know: {opcode:#x}")

    def cut(self):
        """Ends the connection without a word, as a lost network does."""
        self.tcp.close()
