"""What is on a screen and may not stay there: a page that asks where it stands names it, and is told what to mask."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection

from django.http import HttpRequest, HttpResponse

_IMPRINT = re.compile(r"[0-9a-f]{32}")


def telling_what_goes(answer: HttpResponse, request: HttpRequest, stay: Callable[[], Collection[str]]) -> HttpResponse:
    """Have the page mask whatever it shows that may not stay: an event for htmx beside the answer, or nothing.

    Args:
        stay: works out the imprints of what may stay; asked only where something is shown.
    """
    shown = [each for each in request.GET.getlist("shown") if _IMPRINT.fullmatch(each)]
    if shown:
        may_stay = stay()
        gone = [each for each in shown if each not in may_stay]
        if gone:
            answer["HX-Trigger"] = json.dumps({"sealbook:gone": {"shown": gone}})
    return answer
