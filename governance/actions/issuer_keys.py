"""Pinning the keys of an external issuer, so that none are fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from governance import events
from governance.actions.change import configuration_change
from governance.drafts.draftable import draftable
from governance.errors import Invalid, NotFound
from governance.identities import Caller
from governance.models import ExternalIssuer
from governance.tokens.issuer_keys import keys_in

MOST_KEYS = 20
_PUBLIC = ("kty", "kid", "use", "alg", "n", "e", "crv", "x", "y")


@draftable
def pin_issuer_keys(caller: Caller, *, issuer: str, keys: Mapping[str, Any] | None) -> ExternalIssuer:
    """Let exactly these keys verify an issuer's tokens; without keys they are fetched again, and no CI job is let in.

    Args:
        keys: a JWK Set with public keys for RS256 or ES256.

    Raises:
        Invalid: this is no JWK Set, or holds no key that verifies.
        NotFound: the issuer is not listed.
    """
    kept = _kept(keys) if keys is not None else None
    with configuration_change(caller, events.ISSUER_KEYS_PINNED) as change:
        listed = ExternalIssuer.objects.filter(url=issuer).first()
        if listed is None:
            raise NotFound("This issuer is not listed.", field="issuer", remedy="PUT /userstore/oidcissuers lists it.")
        listed.pinned_keys, listed.pinned_by = kept, caller.id
        listed.save(update_fields=["pinned_keys", "pinned_by"])
        change.facts.update(issuer=issuer, keys=[str(key["kid"]) for key in kept["keys"]] if kept else [])
    return listed


def _kept(keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return the public members of the keys that verify, and nothing else of what came."""
    try:
        if any("d" in key for key in keys["keys"]):
            raise Invalid("This holds a private key. Whoever sent it should make another one.", field="keys")
        kept = [{name: key[name] for name in _PUBLIC if name in key} for key in keys["keys"]]
        usable = keys_in({"keys": kept})
    except (ValueError, KeyError, TypeError, AttributeError):
        usable, kept = {}, []
    if not usable or len(kept) > MOST_KEYS or any(len(kid) > 128 for kid in usable):
        raise Invalid("This is no JWK Set with public keys for RS256 or ES256.", field="keys")
    return {"keys": [key for key in kept if key.get("kid") in usable]}
