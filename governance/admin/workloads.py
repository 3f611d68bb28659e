"""Which builds may run as a client, and who measures what runs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from governance.actions.ci_keys import HIGHEST_LEVEL
from governance.actions.launchers import register_launcher, withdraw_launcher
from governance.actions.workload_policies import WorkloadSpec, retire_workload_policy, set_workload_policy
from governance.identities import Caller
from governance.models import Client, Launcher, WorkloadPolicy
from governance.operators import fields
from governance.operators.decorations import shown
from governance.operators.definitions import DefinitionAdmin
from governance.operators.forms import DefinitionForm
from governance.operators.withdrawing import WithdrawableAdmin

_LISTS = ("builders", "repository_ids", "ci_workflows", "ci_environments")
_MODES = (
    (WorkloadPolicy.AUDIT, "audit: others are let in, and the book says what speaks against them"),
    (WorkloadPolicy.ENFORCE, "enforce: others are refused, and the client's secret alone opens nothing"),
)


class WorkloadPolicyForm(DefinitionForm):
    places = {"client_id": "client"}
    client = fields.one_of("Client", Client.objects.none())
    mode = fields.choice("Mode", _MODES)
    builders = fields.paragraph("Builders", help_text="One builder.id a line. None allows no build.")
    repository_ids = fields.paragraph(
        "Repository ids", help_text="One a line: ids, which nobody can take over by name."
    )
    needs_protected_ref = fields.switch("Only from protected branches", initial=True)
    least_build_level = fields.whole_number("Least SLSA build level", initial=0, min_value=0, max_value=HIGHEST_LEVEL)
    max_age_hours = fields.whole_number(
        "Oldest build, in hours", required=False, min_value=1, help_text="Empty for any age."
    )
    ci_issuer = fields.line(
        "Issuer of the CI", required=False, help_text="Whose tokens let a job of the CI call. It needs pinned keys."
    )
    ci_workflows = fields.paragraph("Workflows of the CI", help_text="One job_workflow_ref a line.")
    ci_environments = fields.paragraph("Environments of the CI", help_text="One a line.")

    @classmethod
    def stored(cls, instance: Any) -> dict[str, Any]:
        return {**super().stored(instance), **{name: "\n".join(getattr(instance, name)) for name in _LISTS}}


@admin.register(WorkloadPolicy)
class WorkloadPolicyAdmin(DefinitionAdmin):
    """Lists and edits the policies of clients."""

    form = WorkloadPolicyForm
    empty_hint = "Every client is let in by its secret, whatever program it is. A policy demands a reviewed build."
    consequence = "The client is let in by its secret again, whatever program it is. Launchers get nothing for it."
    actions_detail = ()
    list_display = ("client", "mode_shown", "repository_ids", "max_age_hours")
    list_filter = ("mode",)

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        form.base_fields["client"].queryset = Client.objects.all()
        form.base_fields["client"].disabled = obj is not None

    @shown("mode", label={WorkloadPolicy.ENFORCE: "success", WorkloadPolicy.AUDIT: "warning"}, ordering="mode")
    def mode_shown(self, policy: WorkloadPolicy) -> str:
        return policy.mode

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> WorkloadPolicy:  # noqa: ARG002  no inlines
        client = data.pop("client")
        lists: dict[str, Any] = {
            name: tuple(line.strip() for line in data.pop(name).splitlines() if line.strip()) for name in _LISTS
        }
        return set_workload_policy(caller, client_id=client.public_id, spec=WorkloadSpec(**data, **lists))

    def retire(self, caller: Caller, stored: Any) -> None:
        retire_workload_policy(caller, client_id=stored.client.public_id)


class LauncherForm(DefinitionForm):
    places = {"client_id": "client"}
    name = fields.line("Name", max_length=128, help_text="The machine, or the unit that starts the workload.")
    client = fields.one_of("Vouches for", Client.objects.none())
    public_key = fields.source_text(
        "Public key", rows=4, required=True, help_text="PEM, of Ed25519: `sealbook launch --new-key` prints it."
    )


@admin.register(Launcher)
class LauncherAdmin(WithdrawableAdmin):
    """Lists launchers: who may say what runs as a client."""

    form = LauncherForm
    save_word = "Register"
    empty_hint = "Nobody measures what runs. `sealbook launch --new-key` makes a key on the machine that shall."
    consequence = "What it vouched for is refused from the next check on."
    needs_second_person = False
    list_display = ("name", "client", "state", "since")

    def prepare_form(self, form: Any, request: HttpRequest, obj: Any) -> None:  # noqa: ARG002  the base's signature
        form.base_fields["client"].queryset = Client.objects.all()

    def publish(self, caller: Caller, data: dict[str, Any], rows: Any, stored: Any) -> Launcher:  # noqa: ARG002  no inlines
        return register_launcher(
            caller, name=data["name"], client_id=data["client"].public_id, public_key=data["public_key"]
        )

    def retire(self, caller: Caller, stored: Any) -> None:
        withdraw_launcher(caller, launcher_id=stored.public_id)
