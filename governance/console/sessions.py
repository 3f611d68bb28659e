"""Signing in and out, one's own password, and the environment one works in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from governance.actions.accounts import change_password
from governance.actions.sign_ins import record_refused_sign_in, record_sign_in, record_sign_out
from governance.authorization import refusal
from governance.errors import Invalid, NotFound
from governance.models import Account, Environment
from governance.operators.choice import choose_environment, operator_actor
from governance.operators.permission import may, record_refused_page, standing_for
from governance.operators.second_factors import told_of_reset


class SignIn(LoginView):
    """The page for name and password. Every try is on record; the name that was typed is not."""

    template_name = "registration/login.html"
    redirect_authenticated_user = False

    def form_valid(self, form: Any) -> HttpResponse:
        """Record first: without its record there is no session."""
        account = form.get_user()
        record_sign_in(account_id=account.pk)
        if (told := told_of_reset(account, now=timezone.now())) is not None:
            messages.warning(self.request, told)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        record_refused_sign_in(throttled=bool(getattr(self.request, "axes_locked_out", False)))
        return super().form_invalid(form)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        demo = Environment.objects.filter(is_synthetic=True).exists()
        return super().get_context_data(**context, next=self.get_redirect_url(), demo=demo)


@method_decorator(require_POST, name="dispatch")
class SignOut(LogoutView):
    """Ends the session. A POST: a link would let any other page sign people out."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # the base answers with a template, too
        if isinstance(request.user, Account):
            record_sign_out(account_id=request.user.pk)
        return super().post(request, *args, **kwargs)


@never_cache
@require_http_methods(["GET", "HEAD"])
def sign_in_for_console(request: HttpRequest) -> HttpResponse:
    """Send the console's own sign-in address to the one there is; tell who is signed in already that it is not theirs.

    The console sends everybody here whom it does not let in, so that a page for signing in would only come again.
    """
    address, query = reverse("login"), request.GET.urlencode()
    address = f"{address}?{query}" if query else address
    if not isinstance(request.user, Account) or request.user.is_staff:
        return HttpResponseRedirect(address)
    refused = refusal("console: it is for privacy officers, which this account is none of")
    record_refused_page(request, "console", refused)
    answer = render(request, "governance/not_for_you.html", {"sign_in_at": address}, status=403)
    answer["X-Sealbook-Decision"] = str(refused.decision_id)
    return answer


@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the board where the operator may see it, to the console or their own access otherwise.

    Before that to the sign-in page.
    """
    if not isinstance(request.user, Account):
        return HttpResponseRedirect(reverse("login"))
    if _may_see_board(request):
        return HttpResponseRedirect(reverse("board"))
    return HttpResponseRedirect(reverse("admin:index" if request.user.is_staff else "access"))


def _may_see_board(request: HttpRequest) -> bool:
    """Say whether the start page can be the board: a page that refuses would lead back to itself."""
    return may(request, "read") and standing_for(request).is_synthetic


@require_POST
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Work in another environment from now on, and go back to where the choice was made."""
    try:
        choose_environment(request, UUID(request.POST.get("environment", "")))
    except (ValueError, NotFound):
        return render(request, "errors/404.html", status=404)
    return HttpResponseRedirect(_came_from(request))


def _came_from(request: HttpRequest) -> str:
    """Return an address of ours: an object's page of one environment means nothing in another, its list does."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def password(request: HttpRequest) -> HttpResponse:
    """Change one's own password."""
    fault: Invalid | None = None
    account = request.user
    if request.method == "POST" and isinstance(account, Account):
        try:
            changed = change_password(
                operator_actor(request),
                account_id=account.pk,
                former=request.POST.get("former", ""),
                password=request.POST.get("password", ""),
            )
        except Invalid as invalid:
            fault = invalid
        else:
            update_session_auth_hash(request, changed)
            return render(request, "governance/password.html", {"done": True})
    return render(request, "governance/password.html", {"fault": fault, "given": _is_given(account)})


def _is_given(account: object) -> bool:
    return isinstance(account, Account) and account.password_is_temporary
