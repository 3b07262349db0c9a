"""Workers on several machines: how a worker's name tells where it is reached, and how both ends prove who they are.

Laws: a worker that other machines can reach carries its address in its name, so that whoever knows the name (a lease,
a session id, a socket's way back) needs nothing else to call it. Between machines there is only TLS 1.3 with
certificates on both sides, signed by an authority whose key follows from the secret that all workers read from the
shared database; the certificate names the worker, so that one that was started anew at an old address is not mistaken
for the one before. Names hold letters, digits and dashes only.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID
from msgspec import Struct

_FROM, _UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_AUTHORITY = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kreide workers")])


class Address(Struct, frozen=True):
    """Where a worker listens for other machines: an IP literal and a TCP port."""

    host: str
    port: int


def parse_address(text: str) -> Address:
    """Return the address of `10.0.0.5:9100` or `[fd00::5]:9100`; raise ValueError for anything else."""
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text} has no port")
    return Address(str(address), int(port))


def name_worker(index: int, nonce: str, address: Address | None) -> str:
    """Return a worker's name: `w0-<nonce>`, and for other machines also its address and port in hex."""
    if address is None:
        return f"w{index}-{nonce}"
    return f"w{index}-{nonce}-{ipaddress.ip_address(address.host).packed.hex()}-{address.port:x}"


def address_of(worker: str) -> Address | None:
    """Return where a worker is reached from other machines, None when its name does not say."""
    match worker.split("-"):
        case [_, _, host, port]:
            try:
                return Address(str(ipaddress.ip_address(bytes.fromhex(host))), int(port, 16))
            except ValueError:
                return None
        case _:
            return None


class Credentials:
    """What a worker shows to other machines and demands of them."""

    def __init__(self, secret: bytes, worker: str) -> None:
        authority = Ed25519PrivateKey.from_private_bytes(
            HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"kreide workers' authority").derive(secret)
        )
        root = _certificate(_AUTHORITY, authority, authority, is_authority=True)
        key = Ed25519PrivateKey.generate()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, worker)])
        own = _certificate(name, key, authority, is_authority=False)
        self.server = _context(ssl.PROTOCOL_TLS_SERVER, root, own, key)
        self.client = _context(ssl.PROTOCOL_TLS_CLIENT, root, own, key)


def name_in(certificate: object) -> str:
    """Return the worker that a peer's certificate (as `getpeercert` gives it) names, "" for none."""
    if not isinstance(certificate, dict):
        return ""
    for part in certificate.get("subject", ()):
        for field, value in part:
            if field == "commonName":
                return str(value)
    return ""


def _certificate(
    subject: x509.Name, key: Ed25519PrivateKey, signer: Ed25519PrivateKey, *, is_authority: bool
) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer_name=_AUTHORITY,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=_FROM,
        not_valid_after=_UNTIL,
    )
    return builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True).sign(signer, None)


def _context(
    protocol: ssl._SSLMethod, root: x509.Certificate, own: x509.Certificate, key: Ed25519PrivateKey
) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False  # the authority signs workers, not hosts; the caller compares the name
    context.verify_mode = ssl.CERT_REQUIRED
    pem = serialization.Encoding.PEM
    context.load_verify_locations(cadata=root.public_bytes(pem).decode())
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    handle, path = tempfile.mkstemp()  # readable by us alone; the ssl module takes keys from files only
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(own.public_bytes(pem) + private)
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    return context
