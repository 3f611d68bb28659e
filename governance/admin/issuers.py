"""External issuers, and who calls as which client by a token of theirs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.issuer_keys import pin_issuer_keys
from governance.actions.issuers import admit_identity, end_identity, list_issuers
from governance.identities import Caller
from governance.models import Client, ExternalIdentity, ExternalIssuer
from governance.operators import fields
from governance.operators.decorations import in_utc, shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm

_STAYS = "It stays as it is: end it and make another one."


class IssuerForm(DefinitionForm):
    places = {"issuers": "url", "keys": "pinned_keys"}
    url = fields.line(
        "Issuer", help_text="Exactly the claim `iss` of its tokens, an https address. Being listed lets nobody in."
    )
    pinned_keys = fields.JsonObjectField(
        label="Pinned keys",
        help_text="A JWK Set. Then these keys alone verify, none are fetched, and workload policies can let jobs in.",
    )


@admin.register(ExternalIssuer)
class IssuerAdmin(DefinitionAdmin):
    """Lists issuers."""

    form = IssuerForm
    save_word = "List this issuer"
    empty_hint = "Tokens of other issuers open nothing. Listing one lets nobody in yet: identities under it do."
    actions_detail = ()
    consequence = "Its tokens are refused from the next call on, and the identities under it end with it."
    list_display = ("address_shown", "pinned", "identities")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        form.base_fields["url"].disabled = obj is not None

    @shown("keys", label={"pinned": "success", "fetched": "info"})
    def pinned(self, issuer: ExternalIssuer) -> str:
        return "pinned" if issuer.pinned_keys else "fetched"

    @shown("issuer", ordering="url")
    def address_shown(self, issuer: ExternalIssuer) -> str:
        return issuer.url

    @shown("identities")
    def identities(self, issuer: ExternalIssuer) -> int:
        return issuer.identities.count()

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> ExternalIssuer:  # noqa: ARG002  no inlines
        if stored is None:
            list_issuers(caller, urls=[*_listed(), data["url"]])
        if stored is not None or data["pinned_keys"]:
            pin_issuer_keys(caller, issuer=data["url"], keys=data["pinned_keys"] or None)
        return ExternalIssuer.objects.get(url=data["url"])

    def retire(self, caller: Caller, stored: Any) -> None:
        list_issuers(caller, urls=[url for url in _listed() if url != stored.url])


class IdentityForm(DefinitionForm):
    places = {"client_id": "client"}
    issuer = fields.one_of("Issuer", ExternalIssuer.objects.none())
    subject = fields.line(
        "Subject", required=False, help_text="The claim `sub`. Empty: everybody whom the issuer names, so take care."
    )
    client = fields.one_of("Calls as", Client.objects.none(), help_text="With the rights of this client, no others.")

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        kept = instance.subject
        return {"issuer": instance.issuer, "client": instance.client, "subject": kept.reveal() if kept else ""}


@admin.register(ExternalIdentity)
class IdentityAdmin(DefinitionAdmin):
    """Lists identities. A subject is shown on its own page only."""

    form = IdentityForm
    save_word = "Admit"
    empty_hint = "Nobody calls by a token of another issuer. List the issuer first, then say whom it names."
    actions_detail = ()
    consequence = "Whoever has a token of this identity is refused from the next call on."
    list_display = ("whom", "issuer", "client", "since")
    list_filter = ("issuer", "client")

    def locked_because(self, request: HttpRequest, obj: Any) -> str | None:
        return super().locked_because(request, obj) or (_STAYS if obj is not None else None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002  Django's signature
        return self.is_allowed(request) and super().locked_because(request, None) is None

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        form.base_fields["issuer"].queryset = ExternalIssuer.objects.all()
        form.base_fields["client"].queryset = Client.objects.all()

    @shown("who")
    def whom(self, identity: ExternalIdentity) -> str:
        return "one subject" if identity.subject_print else "everybody"

    @shown("since", ordering="created_at")
    def since(self, identity: ExternalIdentity) -> str:
        return in_utc(identity.created_at, otherwise="")

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> ExternalIdentity:  # noqa: ARG002  no inlines
        return admit_identity(
            caller, issuer=data["issuer"].url, subject=data["subject"], client_id=data["client"].public_id
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        end_identity(caller, identity_id=stored.public_id)


def _listed() -> list[str]:
    return list(ExternalIssuer.objects.values_list("url", flat=True))
