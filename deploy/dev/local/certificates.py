"""An authority of this machine's own, and what it signs: for secured parts and for tests.

Keys are unencrypted, in files that only their owner may read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

HERE = ("localhost", "127.0.0.1")
LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in PEM."""

    chain: Path
    key: Path

    @property
    def both(self) -> str:
        """Return key and certificate as one text."""
        return self.key.read_text() + self.chain.read_text()


class Authority:
    """A certificate authority in a folder; `file` is what those have who trust it."""

    def __init__(self, folder: Path, name: str = "Salur local") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        if not self.file.exists():
            key = _new_key(self._key)
            own = _described(name, _named(name), key, is_authority=True)
            self.file.write_bytes(own.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))

    def issue(self, name: str, *, hosts: tuple[str, ...] = HERE) -> Certificate:
        """Return a new certificate of a server that is called by these names and addresses."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        issuer = x509.load_pem_x509_certificate(self.file.read_bytes()).subject
        asked = _described(hosts[0], issuer, _new_key(made.key), is_authority=False)
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        signed = asked.add_extension(names, critical=False).sign(self._signer(), hashes.SHA256())
        made.chain.write_bytes(signed.public_bytes(Encoding.PEM))
        return made

    def _signer(self) -> ec.EllipticCurvePrivateKey:
        key = load_pem_private_key(self._key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key} holds no key of an elliptic curve; remove its folder")
        return key


def _new_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    file.touch(mode=0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def _described(
    name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, is_authority: bool
) -> x509.CertificateBuilder:
    begins = datetime.now(UTC) - timedelta(minutes=5)  # clocks differ
    built = (
        x509.CertificateBuilder(issuer, _named(name), key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    return built.add_extension(_SIGNS, critical=True) if is_authority else built


_SIGNS = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(host: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
