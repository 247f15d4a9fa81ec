"""The HTTP server: on the loopback interface only, a thread for each connection."""

import ipaddress
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from payments.sandbox.errors import ConnectionDroppedError
from payments.sandbox.web import Application, Request, Response, json_response

LARGEST_BODY = 1024 * 1024


class Server(ThreadingHTTPServer):
    """Serves one application; raises `ValueError` for an address that others can reach."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, host: str, port: int, application: Application) -> None:
        if not is_loopback(host):
            raise ValueError(f"The sandbox serves the loopback interface only, not {host}.")
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.application = application
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__((host, port), Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's name, as the base does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    @property
    def base_url(self) -> str:
        """Where the server is reached."""
        host, port = self.server_address[:2]
        return f"http://[{host!s}]:{port}" if ":" in str(host) else f"http://{host!s}:{port}"

    def stop(self) -> None:
        """Stop serving and cut the connections that clients keep open for later."""
        self.shutdown()
        self.server_close()
        with self._connections_lock:
            for connection in self._connections:
                cut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, to be able to cut it."""
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, which is at its end."""
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what went wrong in the sandbox, but not that a client hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Reads a request, asks the application, writes its answer."""

    protocol_version = "HTTP/1.1"
    # The header and the body are two writes; waiting between them costs 40 ms.
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        """Answer a request."""
        try:
            self._write(self._answer())
        except ConnectionDroppedError:
            self.close_connection = True
            cut(self.connection)

    do_POST = do_DELETE = do_GET  # noqa: N815 (the base class names them so)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base's)
        """Keep quiet: the sandbox has a log of its own that tests can read."""

    def _answer(self) -> Response:
        length = self.headers.get("Content-Length", "0")
        if not length.isascii() or not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            return json_response(400, {"error": {"message": "Invalid Content-Length."}})
        target = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        request = Request(self.command, unquote(target.path), target.query, headers, body)
        return self.server.application(request)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(response.body)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def cut(connection: socket.socket) -> None:
    """End a connection without a word, whatever state it is in."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        connection.close()
