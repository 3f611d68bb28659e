"""Addresses of the pages of flows. They stand before the console's own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from dataflow.console.deployments import (
    act_on_deployment,
    deployment_live,
    deployments,
    deployments_live,
    single_deployment,
)
from dataflow.console.letters import act_on_letters, dead_letters, single_letter

_in_console = admin.site.admin_view

urlpatterns = [
    path("admin/flows/", _in_console(deployments), name="deployments-page"),
    path("admin/flows/live", _in_console(deployments_live), name="deployments-live"),
    path("admin/dead-letters/", _in_console(dead_letters), name="dead-letters-page"),
    path("admin/dead-letters/one", _in_console(single_letter), name="dead-letter-page"),
    path("admin/dead-letters/act", _in_console(act_on_letters), name="dead-letters-act"),
    path("admin/flows/<uuid:deployment_id>/", _in_console(single_deployment), name="deployment-page"),
    path("admin/flows/<uuid:deployment_id>/live", _in_console(deployment_live), name="deployment-live"),
    path("admin/flows/<uuid:deployment_id>/act", _in_console(act_on_deployment), name="deployment-act"),
]
