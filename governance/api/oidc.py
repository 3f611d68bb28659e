"""Client credentials in, access token out (RFC 6749 section 4.4), and the keys that verify it (RFC 7517)."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from governance.actions.access_tokens import exchange_credentials
from governance.actions.invoking import exchange_for_client
from governance.actions.job_tokens import exchange_job_token
from governance.actions.signing import ensure_signing_key
from governance.actions.taking import take_delegation
from governance.delegation.proofs import ALGORITHMS, ProofRefused
from governance.errors import GovernanceError, Refused, Throttled, Unauthenticated
from governance.observation import address_of
from governance.tokens.access import ALGORITHM
from governance.tokens.signing import public_keys
from governance.wire.hot import presented_with
from governance.wire.shapes import ANY, ERROR, ID, NUMBER, TEXT, array, choice, shape

_TOKEN = shape(access_token=TEXT, token_type=TEXT, expires_in=NUMBER)
JOB_TOKEN = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # noqa: S105  the name of a grant, not a password
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # noqa: S105  the name of a grant, not a password
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  the name of a type, not a password

DELEGATION = "urn:sealbook:token-type:delegation"


class _Public(APIView):
    """Whoever calls is nobody yet."""

    authentication_classes = ()
    permission_classes = ()


class TokenView(_Public):
    """`POST /oidc/token`: a client's id and secret (HTTP Basic or form), or a token of a job of the CI."""

    @extend_schema(
        operation_id="token",
        tags=["tokens of access"],
        request={
            "application/x-www-form-urlencoded": {
                **shape(
                    grant_type=choice("client_credentials", JOB_TOKEN, TOKEN_EXCHANGE),
                    client_id=ID,
                    client_secret=TEXT,
                    assertion=TEXT,
                    subject_token=TEXT,
                    subject_token_type=choice(ACCESS_TOKEN, DELEGATION),
                    actor_token=TEXT,
                    actor_token_type=choice(ACCESS_TOKEN),
                    audience=ID,
                ),
                "required": ["grant_type"],
                "description": "Id and secret as HTTP Basic credentials, or here; for a job of the CI the client's id "
                "and the job's token as the assertion; to act as another client, which takes the right to invoke it, "
                "the caller's access token and that client's id as the audience; to take temporary access that was "
                "handed on, its code as the subject token, the caller's access token as the actor token and a DPoP "
                "proof, to whose key the token is bound.",
            }
        },
        responses={
            200: {**shape(**_TOKEN["properties"], issued_token_type=TEXT), "required": list(_TOKEN["properties"])},
            **dict.fromkeys((400, 401, 413, 429, 503), ERROR),
        },
    )
    def post(self, asked: Request) -> JsonResponse:
        request = asked._request
        exchange = _GRANTS.get(request.POST.get("grant_type", ""))
        if exchange is None:
            return _oauth_error(400, "unsupported_grant_type", f"Offered are {', '.join(_GRANTS)}.")
        try:
            token, seconds = exchange(request)
        except Refused as refused:
            return _oauth_error(400, "unauthorized_client", "; ".join(refused.reasons))
        except Throttled as throttled:
            return _oauth_error(429, "slow_down", f"{throttled} {throttled.remedy}")
        except Unauthenticated as refused:
            return _nobody(refused)
        except GovernanceError as error:
            return _oauth_error(503, "temporarily_unavailable", str(error))
        is_bound = _is_delegation(request)
        told = {"access_token": token, "token_type": "DPoP" if is_bound else "Bearer", "expires_in": seconds}
        if exchange is _by_token:
            told["issued_token_type"] = ACCESS_TOKEN
        answer = JsonResponse(told)
        answer["Cache-Control"] = "no-store"
        return answer


class KeysView(_Public):
    """`GET /.well-known/jwks.json`: every key that verifies now."""

    @extend_schema(operation_id="keys", tags=["tokens of access"], responses={200: shape(keys=array(ANY))})
    def get(self, request: Request) -> JsonResponse:
        ensure_signing_key()
        answer = JsonResponse({"keys": public_keys()})
        answer["Cache-Control"] = "public, max-age=60"
        return answer


class DiscoveryView(_Public):
    """`GET /.well-known/openid-configuration`: where the two others are."""

    @extend_schema(operation_id="openid_configuration", tags=["tokens of access"], responses={200: ANY})
    def get(self, request: Request) -> JsonResponse:
        return JsonResponse(
            {
                "issuer": settings.PUBLIC_URL,
                "token_endpoint": f"{settings.PUBLIC_URL}/oidc/token",
                "jwks_uri": f"{settings.PUBLIC_URL}/.well-known/jwks.json",
                "grant_types_supported": list(_GRANTS),
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "dpop_signing_alg_values_supported": list(ALGORITHMS),
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
            }
        )


def _by_secret(request: HttpRequest) -> tuple[str, int]:
    credentials = _credentials(request)
    if credentials is None:
        raise Unauthenticated("Send the client's id and secret.")
    return exchange_credentials(client_id=credentials[0], client_secret=credentials[1], address=address_of(request))


def _by_job(request: HttpRequest) -> tuple[str, int]:
    """RFC 7523, section 2.1: the assertion is the token of a job of the CI."""
    return exchange_job_token(
        client_id=request.POST.get("client_id", ""),
        assertion=request.POST.get("assertion", ""),
        address=address_of(request),
    )


def _by_token(request: HttpRequest) -> tuple[str, int]:
    """RFC 8693: the subject token is the caller's own, the audience the client that it acts as.

    Or the subject token is what somebody handed on, and the actor token the caller's own.
    """
    if _is_delegation(request):
        if request.POST.get("actor_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
            raise Unauthenticated("The actor token is an access token.")
        return take_delegation(
            code=request.POST.get("subject_token", ""),
            actor_token=request.POST.get("actor_token", ""),
            presented=presented_with(request),
        )
    if request.POST.get("subject_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise Unauthenticated("The subject token is an access token.")
    return exchange_for_client(
        subject_token=request.POST.get("subject_token", ""), audience=request.POST.get("audience", "")
    )


_GRANTS = {"client_credentials": _by_secret, JOB_TOKEN: _by_job, TOKEN_EXCHANGE: _by_token}


def _nobody(refused: Unauthenticated) -> JsonResponse:
    if isinstance(refused, ProofRefused):
        return _oauth_error(400, "invalid_dpop_proof", f"{'; '.join(refused.reasons)}: {refused}")
    return _oauth_error(401, "invalid_client", str(refused))


def _is_delegation(request: HttpRequest) -> bool:
    """Whether a client takes what was handed on to it."""
    is_exchange = request.POST.get("grant_type") == TOKEN_EXCHANGE
    return is_exchange and request.POST.get("subject_token_type") == DELEGATION


def _credentials(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, separator, secret = b64decode(encoded, validate=True).decode().partition(":")
        except (Error, UnicodeDecodeError):
            return None
        return (unquote(client_id), unquote(secret)) if separator else None
    client_id, secret = request.POST.get("client_id", ""), request.POST.get("client_secret", "")
    return (client_id, secret) if client_id and secret else None


def _oauth_error(status: int, error: str, description: str) -> JsonResponse:
    answer = JsonResponse({"error": error, "error_description": description}, status=status)
    if status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="sealbook"'
    return answer
