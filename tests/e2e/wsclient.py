"""A blocking WebSocket connection over websockets' sans-I/O protocol (Debian's
version has no blocking client of its own)."""
import socket
import time

from websockets.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from websockets.uri import parse_uri


class Closed(ConnectionClosed):
    """The server closed; .code is its close code, or None."""

    @property
    def code(self):
        return self.rcvd.code if self.rcvd else None


class Socket:
    """connect(), send(), recv(), close(); raises what websockets raises."""

    def __init__(self, uri, open_timeout=30.0, tls=None, headers=None,
                 **options):
        self.uri = parse_uri(uri)
        self.protocol = ClientConnection(self.uri, max_size=None, **options)
        self.messages = []
        self.parts = None
        self.socket = socket.create_connection(
            (self.uri.host, self.uri.port), timeout=open_timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket,
                                          server_hostname=self.uri.host)
        try:
            request = self.protocol.connect()
            for name, value in (headers or {}).items():
                request.headers[name] = value
            self.protocol.send_request(request)
            self._flush()
            deadline = time.monotonic() + open_timeout
            while self.protocol.state.name == "CONNECTING":
                self._fill(deadline)
                if self.protocol.handshake_exc is not None:
                    raise self.protocol.handshake_exc
        except BaseException:
            self.socket.close()
            raise

    def _flush(self):
        for data in self.protocol.data_to_send():
            if data:
                self.socket.sendall(data)

    def _fill(self, deadline):
        """Takes what comes next from the socket; TimeoutError at deadline."""
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(1 << 20)
        except ConnectionError:
            data = b""
        finally:
            self.socket.settimeout(None)
        if data:
            self.protocol.receive_data(data)
        else:
            self.protocol.receive_eof()
        for event in self.protocol.events_received():
            self._take(event)
        try:
            self._flush()
        except OSError:
            pass
        if not data and not self.messages:
            if self.protocol.handshake_exc is not None:
                raise self.protocol.handshake_exc
            raise Closed(self.protocol.close_rcvd, self.protocol.close_sent)

    def _take(self, event):
        opcode = getattr(event, "opcode", None)
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self.parts = [event.data]
        elif opcode is Opcode.CONT:
            self.parts.append(event.data)
        else:
            return
        if event.fin:
            self.messages.append(b"".join(self.parts).decode())
            self.parts = None

    def send(self, data):
        """A text, bytes, or a list of texts: one message in fragments."""
        if isinstance(data, str):
            self.protocol.send_text(data.encode())
        elif isinstance(data, bytes):
            self.protocol.send_binary(data)
        else:
            data = list(data)
            self.protocol.send_text(data[0].encode(), fin=len(data) == 1)
            for i, part in enumerate(data[1:], 2):
                self.protocol.send_continuation(part.encode(),
                                                fin=i == len(data))
        self._flush()

    def recv(self, timeout=None):
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.messages:
            if self.protocol.close_rcvd is not None:
                raise Closed(self.protocol.close_rcvd,
                             self.protocol.close_sent)
            self._fill(deadline)
        return self.messages.pop(0)

    def close(self):
        try:
            if self.protocol.state.name == "OPEN":
                self.protocol.send_close()
                self._flush()
        except OSError:
            pass
        self.socket.close()
