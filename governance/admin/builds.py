"""Builds that the CI signed, and the keys with which it signs: pinned, registered, withdrawn."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.builds import register_build, withdraw_build
from governance.actions.ci_keys import HIGHEST_LEVEL, pin_ci_key, withdraw_ci_key
from governance.identities import Caller
from governance.models import CiKey, TrustedBuild
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.forms import DefinitionForm
from governance.operators.permission import may
from governance.operators.withdrawing import WithdrawableAdmin


class CiKeyForm(DefinitionForm):
    name = fields.line("Name", max_length=128)
    builder_id = fields.line(
        "Builder", help_text="The builder.id that its statements name. It speaks for no other one."
    )
    build_level = fields.whole_number("SLSA build level", initial=0, min_value=0, max_value=HIGHEST_LEVEL)
    public_key = fields.source_text(
        "Public key", rows=5, required=True, help_text="PEM, of Ed25519 or of ECDSA over P-256 or P-384."
    )


@admin.register(CiKey)
class CiKeyAdmin(WithdrawableAdmin):
    """Lists keys of the CI. One that was withdrawn stays so."""

    form = CiKeyForm
    save_word = "Pin this key"
    empty_hint = "No provenance is believed. Pin the public key with which your CI signs it."
    consequence = "Builds that it signed are refused from the next check on, and it cannot be pinned again."
    list_display = ("name", "builder_id", "build_level", "state", "since")
    search_fields = ("name", "builder_id")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> CiKey:  # noqa: ARG002  no inlines
        return pin_ci_key(caller, **data)

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_ci_key(caller, key_id=stored.public_id)


class BuildForm(DefinitionForm):
    name = fields.line("Artifact", required=False)
    digest = fields.line("SHA-256", required=False)
    repository = fields.line("Repository", required=False)
    repository_id = fields.line("Repository id", required=False)
    ref = fields.line("Branch or tag", required=False)
    is_ref_protected = fields.switch("Protected")
    commit = fields.line("Commit", required=False)
    builder_id = fields.line("Builder", required=False)
    built = fields.line("Built", required=False)
    verified = fields.line("Verified", required=False)
    envelope = fields.source_text(
        "Provenance", rows=8, required=True, help_text="The DSSE envelope, as the CI wrote it. It is kept whole."
    )

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        times = {"built": instance.built_at, "verified": instance.verified_at}
        return {**super().stored(instance), **{name: in_utc(at, otherwise="") for name, at in times.items()}}


@admin.register(TrustedBuild)
class BuildAdmin(WithdrawableAdmin):
    """Lists registered builds and registers what the CI signed."""

    form = BuildForm
    save_word = "Verify and register"
    empty_hint = "No build is registered. The CI registers what it signed, or paste an envelope here."
    consequence = "What runs of it is refused from the next check on."
    needs_second_person = False
    list_display = ("name", "short_digest", "short_commit", "ref", "state", "built")
    list_filter = ("builder_id",)
    search_fields = ("digest", "commit", "name")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.is_allowed(request) and may(request, "register")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        if obj is None:
            form.base_fields = {"envelope": form.base_fields["envelope"]}

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return list(super().get_fields(request, obj)) if obj is not None else ["envelope"]

    @shown("SHA-256")
    def short_digest(self, build: TrustedBuild) -> str:
        return f"{build.digest[:16]}…"

    @shown("commit")
    def short_commit(self, build: TrustedBuild) -> str:
        return build.commit[:12]

    @shown("built", ordering="built_at")
    def built(self, build: TrustedBuild) -> str:
        return in_utc(build.built_at, otherwise="")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> TrustedBuild:  # noqa: ARG002  no inlines
        first, *_ = register_build(caller, envelope=data["envelope"])
        return first

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_build(caller, build_id=stored.public_id)
