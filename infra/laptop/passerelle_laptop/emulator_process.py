"""The child process that is the embedded AWS: `python -m passerelle_laptop.emulator_process FD PORT`.

It serves on the listening socket handed to it and ends, cleanly, when its standard input closes: that is
how it never outlives the process that started it, however that one ended.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import threading


async def _serve(listener: int, port: int) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app
    from ministack.core import lambda_runtime

    from passerelle_laptop.guard import guarded
    from passerelle_laptop.kept_layers import keep_layers

    keep_layers(lambda_runtime)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)

    def watch_parent() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch_parent, daemon=True, name="watch-parent").start()
    config = Config()
    config.bind = [f"fd://{listener}"]
    config.loglevel = "WARNING"
    config.graceful_timeout = 1
    config.keep_alive_timeout = 75
    await serve(guarded(app, port), config, shutdown_trigger=over.wait)  # type: ignore[arg-type]


def _end_workers() -> None:
    # They would end by themselves, but as orphans, which nobody waits for in a container.
    from ministack.core import lambda_runtime

    lambda_runtime.reset()


def main() -> None:
    listener, port = int(sys.argv[1]), int(sys.argv[2])
    try:
        asyncio.run(_serve(listener, port))
    finally:
        _end_workers()
        # A parent that was killed deletes nothing.
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    # Idle threads of the emulator would hold the exit back; the state is saved by now.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
