"""A client that demands reviewed builds, the CI that builds for it, and a machine with a launcher."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519
from django.http import HttpResponse

from governance.actions.builds import register_build
from governance.actions.ci_keys import pin_ci_key
from governance.actions.launchers import register_launcher
from governance.actions.workload_policies import WorkloadSpec, set_workload_policy
from governance.identities import Caller, system_caller
from governance.models import CiKey, Launcher, TrustedBuild
from tests import cast
from tests.api.calling import Line, Scene, new_scene
from tests.governance.provenance.ci import ARTIFACT, BUILDER, REPOSITORY_ID, Ci, digest_of

SPEC = {"mode": "enforce", "builders": (BUILDER,), "repository_ids": (REPOSITORY_ID,), "max_age_hours": 24}
PAYLOAD_TYPE = "application/vnd.sealbook.launch+json"


@dataclass
class Stage:
    """The scene of a job that reads numbers, and everybody who has a part in its launch."""

    scene: Scene
    job: cast.Player
    ci: Ci
    key: CiKey
    host: ed25519.Ed25519PrivateKey
    launcher: Launcher
    officer: Caller
    line: Line = field(default_factory=lambda: Line(None))

    def demand(self, **changes: Any) -> None:
        """Set the job's workload policy."""
        spec = WorkloadSpec(**{**SPEC, **changes})
        set_workload_policy(self.officer, client_id=self.job.client.public_id, spec=spec)

    def register(self, artifact: bytes = ARTIFACT, **told: Any) -> TrustedBuild:
        """Build an artifact and register what the CI signed."""
        (build,) = register_build(self.scene.service.caller, envelope=self.ci.build(artifact, **told))
        return build

    def nonce(self) -> str:
        asked = {"client_id": str(self.job.client.public_id), "launcher_id": str(self.launcher.public_id)}
        return json.loads(self.line.post("/governance/launches/nonces", asked).content)["nonce"]

    def said(self, artifact: bytes = ARTIFACT, **changes: Any) -> dict[str, Any]:
        """What the launcher says about an artifact."""
        return {
            "client": str(self.job.client.public_id),
            "launcher": str(self.launcher.public_id),
            "digest": digest_of(artifact),
            "expected": None,
            "nonce": changes["nonce"] if "nonce" in changes else self.nonce(),
            "separated": True,
            **changes,
        }

    def signed(self, said: dict[str, Any], key: Any = None) -> str:
        body = json.dumps(said).encode()
        message = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(body)} ".encode() + body
        signature = b64encode((key or self.host).sign(message)).decode()
        envelope = {
            "payload": b64encode(body).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": signature}],
        }
        return json.dumps(envelope)

    def launch(self, artifact: bytes = ARTIFACT, **changes: Any) -> HttpResponse:
        """Vouch for an artifact at the server."""
        return self.line.post("/governance/launches", {"envelope": self.signed(self.said(artifact, **changes))})

    def session(self, artifact: bytes = ARTIFACT) -> Line:
        answer = self.launch(artifact)
        assert answer.status_code == 200, answer.content
        return Line(json.loads(answer.content)["access_token"])


def new_stage() -> Stage:
    scene = new_scene()
    assert scene.write(scene.line).status_code == 200
    system = system_caller(scene.environment.id)
    job = cast.new_player(scene.environment, "nightly-report", read=True)
    ci, host = Ci(), ed25519.Ed25519PrivateKey.generate()
    key = pin_ci_key(system, name="ci", builder_id=BUILDER, public_key=ci.public_pem, build_level=2)
    launcher = register_launcher(system, name="host", client_id=job.client.public_id, public_key=Ci(host).public_pem)
    stage = Stage(scene, job, ci, key, host, launcher, system)
    stage.demand()
    return stage


def codes_of(answer: HttpResponse, status: int = 403) -> list[str]:
    """The codes of a refusal's reasons."""
    assert answer.status_code == status, answer.content
    return [reason.partition(":")[0] for reason in json.loads(answer.content)["reasons"]]
