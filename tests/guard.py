"""A Redis that asks who comes: TLS alone, and the accounts that an administrator copies from the instructions."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

_OPERATING = Path(__file__).resolve().parent.parent / "web" / "OPERATING.md"
_ADMIN = ("admin", "darf-alles")


def account_line(cluster: bool) -> str:
    """The line of the instructions for one server, or for a cluster."""
    lines = re.findall(r"^user kreide .*$", _OPERATING.read_text(), flags=re.MULTILINE)
    [line] = [line for line in lines if ("ssubscribe" in line) == cluster]
    return str(line)


class Guard:
    """The certificate and the ACL file of one Redis."""

    def __init__(self, folder: Path, cluster: bool = False) -> None:
        self._key, self._certificate, self._users = folder / "key.pem", folder / "cert.pem", folder / "users.acl"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
             "-keyout", self._key, "-out", self._certificate],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._account = account_line(cluster)
        name, password = _ADMIN
        admin = f"user {name} on >{password} ~* &* +@all"
        self._users.write_text(f"user default off\n{self._account}\n{admin}\n")

    def granted(self) -> set[str]:
        """The commands that the account may send."""
        return set(re.findall(r" \+([^ ]+)", self._account))

    def server_flags(self, port: int) -> list[str]:
        """Listen there, for nobody else."""
        flags = ["--port", "0", "--tls-port", str(port), "--tls-cluster", "yes", "--tls-auth-clients", "no"]
        flags += ["--tls-cert-file", str(self._certificate), "--tls-key-file", str(self._key)]
        return [*flags, "--tls-ca-cert-file", str(self._certificate), "--aclfile", str(self._users)]

    def cli_flags(self) -> list[str]:
        """Come as who may do everything."""
        name, password = _ADMIN
        return ["--tls", "--cacert", str(self._certificate), "--user", name, "--pass", password, "--no-auth-warning"]

    def url(self, scheme: str, port: int, database: str = "") -> str:
        """How Kreide is told of it."""
        return f"{scheme}://kreide:geheim@127.0.0.1:{port}{database}?ssl_ca_certs={self._certificate}"


def used(commandstats: str) -> set[str]:
    """Which commands have been carried out, by `INFO commandstats`."""
    return set(re.findall(r"^cmdstat_([^:]+):calls=[1-9]", commandstats, flags=re.MULTILINE))
