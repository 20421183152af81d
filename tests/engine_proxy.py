"""Something that stands between us and the Docker engine, and can die or fall silent."""

import contextlib
import os
import socket
import threading
from pathlib import Path


class Proxy:
    """Stands between a sandbox and the engine, and can die or fall silent. Without a path it listens as an engine on
    another machine would."""

    def __init__(self, path: Path | None) -> None:
        self.silent = False
        if path is not None:
            self.url = f"unix://{path}"
            self._server = socket.socket(socket.AF_UNIX)
            self._server.bind(str(path))
        else:
            self._server = socket.create_server(("127.0.0.1", 0))
            self.url = f"tcp://127.0.0.1:{self._server.getsockname()[1]}"
        self._server.listen()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://"))
            self._sockets += [client, engine]
            self._spawn(self._pump, client, engine, True)
            self._spawn(self._pump, engine, client, False)

    def _pump(self, source: socket.socket, sink: socket.socket, outward: bool) -> None:
        try:
            while data := source.recv(65_536):
                if not (self.silent and outward):
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def die(self) -> None:
        for sock in [self._server, *self._sockets]:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        for thread in self._threads:
            thread.join()
