"""What it costs the processor to read an archive from S3: TLS, HTTP and boto3, without the network."""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from passerelle.mbz.sources_s3 import S3Source

MIB = 1024 * 1024
HERE = "127.0.0.1"


class S3:
    """One object of so many bytes behind https on this machine, served by a process of its own."""

    def __init__(self, folder: str, size: int) -> None:
        self._certificate = Path(folder) / "s3.pem"
        self._certificate.write_bytes(certificate())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate)
        self._door = socket.create_server((HERE, 0))
        self._size = size
        # By fork: the socket and the context go along.
        forked = multiprocessing.get_context("fork")
        self._process = forked.Process(target=serve, args=(self._door, context, size), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._client = boto3.client(
            "s3",
            endpoint_url=f"https://{HERE}:{self._door.getsockname()[1]}",
            verify=str(self._certificate),
            region_name="eu-west-3",
            aws_access_key_id="none",
            aws_secret_access_key="none",
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
        self._door.close()

    def read_through(self) -> None:
        assert sum(map(len, S3Source(self._client, "backups", "one.mbz").stream())) == self._size


def serve(door: socket.socket, context: ssl.SSLContext, size: int) -> None:
    piece = os.urandom(MIB)
    head = f'HTTP/1.1 200 OK\r\nETag: "one"\r\nContent-Length: {size}\r\n\r\n'.encode()
    while True:
        caller, _ = door.accept()
        try:
            with context.wrap_socket(caller, server_side=True) as stream:
                while asked := stream.recv(64 * 1024):
                    stream.sendall(head)
                    if asked.startswith(b"GET"):
                        for place in range(0, size, MIB):
                            stream.sendall(piece[: size - place])
        except OSError:
            continue


def certificate() -> bytes:
    """Its own issuer, for a day, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "s3")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
