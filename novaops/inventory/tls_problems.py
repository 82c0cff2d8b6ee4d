"""Why TLS to a server fails, in words."""

import ssl
from collections.abc import Iterator
from pathlib import Path

from novaops.inventory.tls import TlsFiles

# OpenSSL's X509_V_ERR_...: https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
EXPIRED, NOT_YET, WRONG_NAME = {10}, {9}, {62, 64}
UNTRUSTED = {2, 18, 19, 20, 21}
SPEAKS_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNSUPPORTED_PROTOCOL")
NO_CERTIFICATE = ("NO_CERTIFICATE", "PEM", "KEY_VALUES_MISMATCH", "ASN1", "BAD_BASE64")
WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "UNKNOWN_CA", "BAD_CERTIFICATE")


def file_problem(files: TlsFiles) -> str:
    """Why the files cannot be used; empty when they can."""
    try:
        files.context()
    except OSError as error:
        return sentence(error, files)
    return ""


def sentence(problem: BaseException, files: TlsFiles | None = None) -> str:
    """Why TLS failed; empty when the problem, and what it came from, is none of TLS."""
    for error in _chain(problem):
        if isinstance(error, ssl.SSLCertVerificationError):
            return _of_certificate(error, files)
        if isinstance(error, ssl.SSLError):
            return _of_handshake(error, files)
        if isinstance(error, OSError) and (path := _unread(files)):
            return f"{path} cannot be read here ({str(error.strerror or error).lower()})."
    return ""


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


def _of_certificate(error: ssl.SSLCertVerificationError, files: TlsFiles | None) -> str:
    said, code = error.verify_message, error.verify_code
    if code in EXPIRED:
        return "Its certificate has expired."
    if code in NOT_YET:
        return "Its certificate is not valid yet: compare the clocks of both machines."
    if code in WRONG_NAME:
        return f"Its certificate is for another name ({said.rstrip('.')}): use that name, or check_names: false."
    if code in UNTRUSTED:
        whom = f"the CA in {files.ca_file}" if files and files.ca_file else "a CA that is trusted here"
        return f"Its certificate is not signed by {whom} ({said})."
    return f"Its certificate is not accepted: {said}."


def _of_handshake(error: ssl.SSLError, files: TlsFiles | None) -> str:
    reason = error.reason or str(error)
    if isinstance(error, ssl.SSLEOFError):
        return "It breaks TLS off: it does not speak it on this port, or it wants another certificate of its clients."
    if any(word in reason for word in SPEAKS_PLAIN):
        return "It does not speak TLS on this port."
    if "ALERT" in reason and any(word in reason for word in WANTS_CERTIFICATE):
        mine = f"does not take the one in {files.cert_file}" if files and files.cert_file else "no cert_file is named"
        return f"It wants a certificate of its clients, and {mine}."
    if any(word in reason for word in NO_CERTIFICATE):
        return (
            f"No certificate, or no key that fits it: {', '.join(_paths(files))} ({reason.replace('_', ' ').lower()})."
        )
    return f"TLS fails: {_in_words(reason)}."


def _in_words(reason: str) -> str:
    return reason.replace("_", " ").lower()


def _paths(files: TlsFiles | None) -> list[str]:
    return [path for path in (files.ca_file, files.cert_file, files.key_file) if path] if files else []


def _unread(files: TlsFiles | None) -> str:
    """The first that cannot be read."""
    return next((path for path in _paths(files) if not _readable(path)), "")


def _readable(path: str) -> bool:
    try:
        with Path(path).open("rb"):
            return True
    except OSError:
        return False
