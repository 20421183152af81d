"""The builder images of one player image, found or made when they are asked for. Usable from several threads."""

import logging
import threading
import time

from sandbox import images
from sandbox.engine import Engine
from sandbox.errors import SandboxError
from sandbox.layers import BUILD_SECONDS, Layer

RETRY_SECONDS = 300.0
"""How long after a failure it is not tried again: whoever asks meanwhile is told of that failure."""
log = logging.getLogger(__name__)


class Builders:
    def __init__(self, player: images.PlayerImage, engine_url: str | None) -> None:
        self._player, self._engine_url = player, engine_url
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[float, SandboxError]] = {}

    def image(self, toolchain: str) -> Layer:
        """Raises EngineUnavailable, EngineFailed, ImageMissing with what to do, KeyError for an unknown language."""
        with self._lock:
            when, failure = self._failures.get(toolchain, (0.0, None))
            if failure is not None and time.monotonic() < when + RETRY_SECONDS:
                raise failure
            engine = Engine(self._engine_url, call_seconds=BUILD_SECONDS)
            try:
                image = images.ensure_builder_image(engine.api, self._player, toolchain, log.info)
            except SandboxError as error:
                self._failures[toolchain] = time.monotonic(), error
                log.warning("entries cannot be built here: %s", error)
                raise
            finally:
                engine.close()
            self._failures.pop(toolchain, None)
            return image

    def content(self, toolchain: str) -> str | None:
        """As `image`, where the content hash is enough; None where there is none to be had."""
        try:
            return self.image(toolchain).content
        except SandboxError:
            return None
