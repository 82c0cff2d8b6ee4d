"""Certificates of a test's own, made by openssl."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Signed:
    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A CA in a folder of its own."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    def sign(self, name: str, names: str = "IP:127.0.0.1", days: int = 2) -> Signed:
        """A certificate for these names; days that are negative have passed."""
        made = Signed(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request, names_file = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        names_file.write_text(f"subjectAltName={names}\n")
        openssl("req", "-new", *EC, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")
        ca = ("-CA", self.certificate, "-CAkey", self.folder / "ca.key", "-CAcreateserial")
        openssl("x509", "-req", "-in", request, *ca, "-days", days, "-extfile", names_file, "-out", made.certificate)
        return made


def authority(folder: Path) -> Authority:
    folder.mkdir()
    key, certificate = folder / "ca.key", folder / "ca.pem"
    subject = ("-subj", f"/CN={folder.name}", "-days", 2)
    openssl("req", "-x509", *EC, "-keyout", key, "-out", certificate, *subject)
    return Authority(folder)


def openssl(*words: object) -> None:
    program = shutil.which("openssl") or "openssl"
    subprocess.run([program, *map(str, words)], check=True, capture_output=True)
