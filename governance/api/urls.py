"""Addresses of governance's API."""

from __future__ import annotations

from django.urls import path

from governance.api import access_urls, finding_urls, knowledge_urls, notice_urls
from governance.api.builds import Builds, CiKeys, SingleBuild, SingleCiKey
from governance.api.changes import ChangeActions, ChangeRejection, Changes, ChangeWithdrawal, SingleChange
from governance.api.clients import Clients, Secrets, SingleClient, SingleSecret
from governance.api.decisions import SingleDecision
from governance.api.detections import Backtests, Detections, SingleDetection
from governance.api.environments import OwnEnvironment
from governance.api.freezes import FreezePreview, Freezes, SingleFreeze
from governance.api.graph import Edges, EdgesOfObject, Objects, SingleEdge, SingleObject
from governance.api.graph_questions import CheckAttribute, ListAttributes, ReachableObjects
from governance.api.graph_types import EdgeTypes, ObjectTypes, Organizations
from governance.api.issuers import Identities, IssuerKeys, Issuers, SingleIdentity
from governance.api.launches import Launches, LaunchNonces
from governance.api.oidc import DiscoveryView, KeysView, TokenView
from governance.api.policies import AccessPolicies, PolicyTemplates
from governance.api.policy_secrets import PolicySecrets, SinglePolicySecret
from governance.api.purposes import Purposes
from governance.api.reserved import ReservedOperations, SingleReservedOperation
from governance.api.rights import Rights, SingleRight
from governance.api.rights_reviews import ReviewPlan, Reviews, SingleReview, SingleReviewPlan, UnusedRights
from governance.api.script_hosts import ScriptHosts, SingleScriptHost
from governance.api.script_notes import SingleScriptNote
from governance.api.tracing import CodeOfColumn
from governance.api.trials import ExecutePolicy, TryPolicy, TryTemplate
from governance.api.workloads import ClientWorkloadPolicy, Launchers, SingleLauncher
from governance.wire.definitions import definition_routes

app_name = "governance"
urlpatterns = [
    path("oidc/token", TokenView.as_view(), name="token"),
    path(".well-known/jwks.json", KeysView.as_view(), name="jwks"),
    path(".well-known/openid-configuration", DiscoveryView.as_view(), name="openid-configuration"),
    *definition_routes(Purposes(), "userstore/config/purposes"),
    *definition_routes(PolicyTemplates(), "tokenizer/policies/accesstemplate"),
    *definition_routes(AccessPolicies(), "tokenizer/policies/access"),
    *definition_routes(Organizations(), "authz/organizations"),
    *definition_routes(ObjectTypes(), "authz/objecttypes"),
    *definition_routes(EdgeTypes(), "authz/edgetypes"),
    path("authz/objects", Objects.as_view(), name="objects"),
    path("authz/objects/<uuid:object_id>", SingleObject.as_view(), name="object"),
    path("authz/objects/<uuid:object_id>/edges", EdgesOfObject.as_view(), name="edges-of-object"),
    path("authz/edges", Edges.as_view(), name="edges"),
    path("authz/edges/<uuid:edge_id>", SingleEdge.as_view(), name="edge"),
    path("authz/checkattribute", CheckAttribute.as_view(), name="check-attribute"),
    path("authz/listattributes", ListAttributes.as_view(), name="list-attributes"),
    path("authz/listobjectsreachablewithattribute", ReachableObjects.as_view(), name="reachable-objects"),
    path("tokenizer/policies/access/actions/test", TryPolicy.as_view(), name="try-policy"),
    path("tokenizer/policies/access/actions/execute", ExecutePolicy.as_view(), name="execute-policy"),
    path("tokenizer/policies/accesstemplate/actions/test", TryTemplate.as_view(), name="try-template"),
    path("tokenizer/policies/secret", PolicySecrets.as_view(), name="policy-secrets"),
    path("tokenizer/policies/secret/<uuid:secret_id>", SinglePolicySecret.as_view(), name="policy-secret"),
    path("governance/scripthosts", ScriptHosts.as_view(), name="script-hosts"),
    path("governance/scripthosts/<uuid:host_id>", SingleScriptHost.as_view(), name="script-host"),
    path("governance/scriptnotes/<uuid:note_id>", SingleScriptNote.as_view(), name="script-note"),
    path("userstore/oidcissuers", Issuers.as_view(), name="issuers"),
    path("governance/issuer-keys", IssuerKeys.as_view(), name="issuer-keys"),
    path("governance/external-identities", Identities.as_view(), name="external-identities"),
    path("governance/external-identities/<uuid:identity_id>", SingleIdentity.as_view(), name="external-identity"),
    path("governance/environment", OwnEnvironment.as_view(), name="environment"),
    *access_urls.urlpatterns,
    *notice_urls.urlpatterns,
    *finding_urls.urlpatterns,
    *knowledge_urls.urlpatterns,
    path("governance/decisions/<uuid:decision_id>", SingleDecision.as_view(), name="api-decision"),
    path("governance/changes", Changes.as_view(), name="api-changes"),
    path("governance/changes/actions", ChangeActions.as_view(), name="api-change-actions"),
    path("governance/changes/<uuid:change_id>", SingleChange.as_view(), name="api-change"),
    path("governance/changes/<uuid:change_id>/reject", ChangeRejection.as_view(), name="api-change-rejection"),
    path("governance/changes/<uuid:change_id>/withdraw", ChangeWithdrawal.as_view(), name="api-change-withdrawal"),
    path("governance/clients", Clients.as_view(), name="clients"),
    path("governance/clients/<uuid:client_id>", SingleClient.as_view(), name="client"),
    path("governance/clients/<uuid:client_id>/secrets", Secrets.as_view(), name="secrets"),
    path("governance/clients/<uuid:client_id>/secrets/<int:secret_id>", SingleSecret.as_view(), name="secret"),
    path("governance/clients/<uuid:client_id>/workload-policy", ClientWorkloadPolicy.as_view(), name="workload-policy"),
    path("governance/ci-keys", CiKeys.as_view(), name="ci-keys"),
    path("governance/ci-keys/<uuid:ci_key_id>", SingleCiKey.as_view(), name="ci-key"),
    path("governance/builds", Builds.as_view(), name="builds"),
    path("governance/builds/<uuid:build_id>", SingleBuild.as_view(), name="build"),
    path("governance/columns/<uuid:column_id>/code", CodeOfColumn.as_view(), name="code-of-column"),
    path("governance/launches", Launches.as_view(), name="launches"),
    path("governance/launches/nonces", LaunchNonces.as_view(), name="launch-nonces"),
    path("governance/launchers", Launchers.as_view(), name="launchers"),
    path("governance/launchers/<uuid:launcher_id>", SingleLauncher.as_view(), name="launcher"),
    path("governance/rights", Rights.as_view(), name="rights"),
    path("governance/rights/<slug:holder_kind>-right-<int:number>", SingleRight.as_view(), name="right"),
    path("governance/rights/unused", UnusedRights.as_view(), name="unused-rights"),
    path("governance/rights-review-plan", ReviewPlan.as_view(), name="rights-review-plan"),
    path("governance/rights-review-plan/<uuid:plan_id>", SingleReviewPlan.as_view(), name="single-rights-review-plan"),
    path("governance/rights-reviews", Reviews.as_view(), name="rights-reviews"),
    path("governance/rights-reviews/<uuid:review_id>", SingleReview.as_view(), name="rights-review-of-api"),
    path("governance/reserved-operations", ReservedOperations.as_view(), name="reserved-operations"),
    path(
        "governance/reserved-operations/<uuid:reserved_id>",
        SingleReservedOperation.as_view(),
        name="reserved-operation",
    ),
    path("governance/detections", Detections.as_view(), name="api-detections"),
    path("governance/detections/<slug:detection>", SingleDetection.as_view(), name="api-detection"),
    path("governance/detections/<slug:detection>/backtests", Backtests.as_view(), name="api-backtests"),
    path("governance/freezes", Freezes.as_view(), name="freezes"),
    path("governance/freezes/preview", FreezePreview.as_view(), name="freeze-preview"),
    path("governance/freezes/<uuid:freeze_id>", SingleFreeze.as_view(), name="freeze"),
]
