"""The certificate that content credentials are signed with: made once for each user, by themselves.

It shows that a file was not changed after the export, and that files come from the same copy of the
program. It does not say who the user is, and stands on no trust list: readers of credentials call it
untrusted, and rightly so. The key lies in the user's config folder, readable by the user alone.
"""

from __future__ import annotations

import datetime
import logging
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from nodes.sdk.errors import FileProblem

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

logger = logging.getLogger(__name__)

SELF_SIGNED = "Facewright (self-signed, on no trust list)"
_YEARS = 10
_DAY = datetime.timedelta(days=1)
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True)
class SigningKey:
    """A private key and its certificates, as PEM text.

    Attributes:
        key: PKCS #8, P-256.
        chain: the signing certificate, then the one that issued it.
    """

    key: bytes
    chain: bytes


def key_file() -> Path:
    """Where the user's key lies; FACEWRIGHT_DATA moves it, as it moves all the program keeps."""
    override = os.environ.get("FACEWRIGHT_DATA")
    folder = Path(override) if override else Path(platformdirs.user_config_dir("facewright", False))
    return folder / "credentials" / "signing.pem"


def signing_key(path: Path | None = None) -> SigningKey:
    """The user's key, made at the first call and again when it has run out.

    Raises:
        FileProblem: when the file cannot be read, written, or holds no key.
        ImportError: without the package `cryptography`.
    """
    path = path or key_file()
    try:
        found = _read(path)
        if found is not None:
            return found
        made = make_key()
        _write(made, path)
        return made
    except OSError as error:
        raise FileProblem(
            f"the signing key cannot be kept: {error.strerror or error}",
            hint="Check that the folder may be written",
            where=str(path),
        ) from error


def make_key(now: datetime.datetime | None = None) -> SigningKey:
    """A new key with a certificate issued by a root that is forgotten at once.

    The profile is that of the C2PA specification 2.2, section 14.5: no authority, digital signatures
    only, an extended key usage.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    now = now or datetime.datetime.now(datetime.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = _name("Facewright root of this user", secrets.token_hex(4))
    root = (
        _certificate(issuer, issuer, root_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issues=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(_name("Facewright", secrets.token_hex(4)), issuer, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return SigningKey(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        leaf.public_bytes(pem) + root.public_bytes(pem),
    )


def _name(common: str, number: str) -> x509.Name:
    """A name that says nothing about the user or the machine."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, SELF_SIGNED),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{common} {number}"),
        ]
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 365 * _YEARS * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, issues: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not issues,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issues,
        crl_sign=issues,
        encipher_only=False,
        decipher_only=False,
    )


def _read(path: Path) -> SigningKey | None:
    """The key in a file; None when there is none, or its certificate has run out."""
    from cryptography import x509

    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise ValueError("it is too large")
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _damaged(path) from error
    if os.name != "nt" and path.stat().st_mode & 0o077:
        path.chmod(0o600)
    key, mark, chain = data.partition(b"-----BEGIN CERTIFICATE-----")
    try:
        certificates = x509.load_pem_x509_certificates(mark + chain)
    except ValueError as error:
        raise _damaged(path) from error
    if b"PRIVATE KEY" not in key or len(certificates) != 2:
        raise _damaged(path)
    if certificates[0].not_valid_after_utc < datetime.datetime.now(datetime.UTC) + _DAY:
        logger.info("the signing certificate has run out; a new one is made")
        return None
    return SigningKey(key, mark + chain)


def _damaged(path: Path) -> FileProblem:
    return FileProblem(
        "the signing key is damaged", hint="Remove the file; a new one is made", where=str(path)
    )


def _write(made: SigningKey, path: Path) -> None:
    """Keep a key; at no time can another user read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as stream:
            stream.write(made.key + made.chain)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
