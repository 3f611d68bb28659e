"""The server's addresses and a plain Django view beside them, behind the same middleware and under an API prefix."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config.urls import urlpatterns as server_urls


@csrf_exempt
@require_POST
def plain(request: HttpRequest) -> JsonResponse:
    """Take a body and answer, the way Django documents it; an unread body would cost the connection."""
    return JsonResponse({"data": [], "has_next": False, "received": len(request.body)})


# Beside the server's own addresses, not above them: another level would make every address but the plain one dearer.
urlpatterns = [path("userstore/api/plain", plain), *server_urls]
