"""Certificates for tests: of our own authority, of another, and listeners that show them."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.dev.local.certificates import Authority, Certificate


class Ours:
    """Our own authority, another's, and a certificate of each for this machine."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder / "ours")
        self.other = Authority(folder / "other")
        self.good = self.authority.issue("server")
        self.bad = self.other.issue("server")
        self.misnamed = self.authority.issue("elsewhere", hosts=("elsewhere.example",))


def context_of(certificate: Certificate) -> ssl.SSLContext:
    """Return what a server shows a certificate with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


@contextmanager
def listening(certificate: Certificate) -> Iterator[int]:
    """Listen with TLS and say nothing more; yield the port."""
    context = context_of(certificate)

    class Shake(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                with context.wrap_socket(self.request, server_side=True) as connection:
                    connection.recv(1)
            except OSError:
                return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shake) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
