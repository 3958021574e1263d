"""The embedded AWS as a child process: no Docker, no account, nothing listening beyond this machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from types import TracebackType

REGION = "eu-west-3"
ACCOUNT = "000000000000"

_PATIENCE = 30.0
_CLOSING = 20.0
# What the emulator, and with it every function, inherits of the person's environment. Nothing else: an
# AWS_ENDPOINT_URL or a real key set outside must not reach a function that runs here.
_INHERITED = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT")


class EmulatorFailedError(RuntimeError):
    """The embedded AWS did not start; its log says why."""


@dataclass
class Emulator:
    """A running emulator. `stop` it, or use it as a context manager; it stops with its parent anyway."""

    endpoint: str
    port: int
    log: Path
    _process: subprocess.Popen[bytes] = field(repr=False)
    _scratch: Path = field(repr=False)
    _output: IO[bytes] = field(repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def start(cls, *, state: Path | None = None, port: int | None = None) -> Emulator:
        """Start it on 127.0.0.1, on a free port unless one is given.

        `state`: a folder that keeps what it holds from a clean stop to the next start; without it nothing
        is kept. The port of the last time is taken again if it is free, since addresses of queues hold it.
        """
        remembered = _remembered_port(state) if port is None else port
        listener = _listen(remembered, must=port is not None)
        port = listener.getsockname()[1]
        scratch = Path(tempfile.mkdtemp(prefix="passerelle-aws-"))
        log = (state or scratch) / "emulator.log"
        if state is not None:
            state.mkdir(parents=True, exist_ok=True)
            (state / "port").write_text(str(port))
        output = log.open("wb")
        with listener:
            process = subprocess.Popen(  # noqa: S603 - our own module under our own interpreter
                [
                    sys.executable,
                    "-m",
                    "passerelle_laptop.emulator_process",
                    str(listener.fileno()),
                    str(port),
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_environment(port, scratch, state),
                cwd=scratch,
                pass_fds=(listener.fileno(),),
                # Ctrl-C in the terminal is for the parent, which then closes this one in order.
                start_new_session=True,
            )
        emulator = cls(f"http://127.0.0.1:{port}", port, log, process, scratch, output)
        try:
            emulator._wait_until_ready()
        except BaseException:
            emulator.stop()
            raise
        return emulator

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, the same one each time."""
        if service not in self._clients:
            session: Any = self.session  # its stubs name each service by a literal
            self._clients[service] = session.client(
                service,
                endpoint_url=self.endpoint,
                config=Config(
                    signature_version="s3v4" if service == "s3" else None,
                    s3={"addressing_style": "path"},
                    retries={"max_attempts": 2, "mode": "standard"},
                    proxies={},
                ),
            )
        return self._clients[service]

    @cached_property
    def session(self) -> boto3.Session:
        """A session with the emulator's own account and region, whatever ~/.aws says."""
        return boto3.Session(
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="test",  # noqa: S106 - the emulator's own
            region_name=REGION,
        )

    def environment(self) -> dict[str, str]:
        """The variables with which a child process of ours talks to the emulator instead of AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        """Stop it, saving its state if it keeps any, and delete what its workers unpacked. Repeatable."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(_CLOSING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _wait_until_ready(self) -> None:
        # The socket listens already, so the request waits in its queue until the child serves it.
        until = time.monotonic() + _PATIENCE
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < until:
            if not self.running:
                break
            try:
                with opener.open(f"{self.endpoint}/_ministack/health", timeout=_PATIENCE):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)
        tail = self.log.read_text(errors="replace")[-2000:]
        raise EmulatorFailedError(f"the embedded AWS did not start:\n{tail}")


def _remembered_port(state: Path | None) -> int | None:
    if state is None:
        return None
    with contextlib.suppress(OSError, ValueError):
        return int((state / "port").read_text())
    return None


def _listen(port: int | None, *, must: bool) -> socket.socket:
    """A listening socket on `port`; on any free one if that is taken and not insisted upon."""
    for candidate in (port, None) if port and not must else (port,):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate or 0))
            listener.listen(1024)
        except OSError:
            listener.close()
            if candidate is None or must:
                raise
        else:
            return listener
    raise AssertionError("unreachable")


def _environment(port: int, scratch: Path, state: Path | None) -> dict[str, str]:
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    environment |= {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        # These two would open ports of their own.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # It would otherwise look for containers of its own and remove them.
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "LOG_LEVEL": "WARNING",
        "TMPDIR": str(scratch),
        "HOME": str(scratch),
        "TZ": "UTC",
        # A function may do what its role in infra/permissions.yaml says, and nothing else, as on AWS.
        "AUTH": "true",
        "PYTHONUNBUFFERED": "1",
        # What a function writes while it is imported stays out of the person's tree.
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if state is not None:
        environment |= {
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "objects"),
        }
    return environment
