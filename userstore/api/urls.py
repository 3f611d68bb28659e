"""Addresses of the store's API."""

from __future__ import annotations

from django.urls import path

from governance.wire.definitions import definition_routes
from userstore.api.accessors import Accessors
from userstore.api.batches import ExecuteMutatorBatch
from userstore.api.codegen import PythonClient
from userstore.api.columns import Columns
from userstore.api.consents import ChangeConsent, CheckConsents, ConsentedPurposes, ListConsents
from userstore.api.dataimport import DataImport, DataImportFile, DataImports
from userstore.api.datatypes import DataTypes
from userstore.api.erasures import Erasures, SingleErasure
from userstore.api.imports import CancelImport, ImportContent, ImportReport, Imports, RunImport, SingleImport
from userstore.api.lifecycle import LegalHolds, RetentionChanges, RetentionPreview, SingleLegalHold
from userstore.api.methods import CreateUserWithMutator, ExecuteAccessor, ExecuteMutator
from userstore.api.mutators import Mutators
from userstore.api.reach import Reach
from userstore.api.regions import Regions
from userstore.api.retention import retention_routes
from userstore.api.sealing import ResealValues, SealingKeys, SealValues, SingleSealingKey, UnsealValues
from userstore.api.tokens import CreateTokens, FindOrCreateTokens, InspectToken, LookUpTokens, ResolveTokens, Tokens
from userstore.api.transformers import Transformers
from userstore.api.trials import ExecuteTransformer, TryTransformer
from userstore.api.unmasking import Unmask
from userstore.api.users import SingleUser, Users

app_name = "userstore"
urlpatterns = [
    path("userstore/api/accessors", ExecuteAccessor.as_view(), name="execute-accessor"),
    path("userstore/api/accessors/unmask", Unmask.as_view(), name="unmask"),
    path("userstore/api/mutators", ExecuteMutator.as_view(), name="execute-mutator"),
    path("userstore/api/mutators/batch", ExecuteMutatorBatch.as_view(), name="execute-mutator-batch"),
    path("userstore/api/users", CreateUserWithMutator.as_view(), name="create-user-with-mutator"),
    path("userstore/api/consentedpurposes", ConsentedPurposes.as_view(), name="consented-purposes"),
    path("userstore/api/consents", ChangeConsent.as_view(), name="change-consent"),
    path("userstore/api/consents/check", CheckConsents.as_view(), name="check-consents"),
    path("userstore/api/consents/list", ListConsents.as_view(), name="list-consents"),
    path("tokenizer/tokens", Tokens.as_view(), name="tokens"),
    path("tokenizer/tokens/actions/create", CreateTokens.as_view(), name="create-tokens"),
    path("tokenizer/tokens/actions/resolve", ResolveTokens.as_view(), name="resolve-tokens"),
    path("tokenizer/tokens/actions/inspect", InspectToken.as_view(), name="inspect-token"),
    path("tokenizer/tokens/actions/lookup", LookUpTokens.as_view(), name="look-up-tokens"),
    path("tokenizer/tokens/actions/lookuporcreate", FindOrCreateTokens.as_view(), name="find-or-create-tokens"),
    path("seal/seal", SealValues.as_view(), name="seal-values"),
    path("seal/unseal", UnsealValues.as_view(), name="unseal-values"),
    path("seal/reseal", ResealValues.as_view(), name="reseal-values"),
    path("seal/keys", SealingKeys.as_view(), name="sealing-keys"),
    path("seal/keys/<uuid:client_id>/<uuid:key_id>", SingleSealingKey.as_view(), name="sealing-key"),
    path("userstore/erasures", Erasures.as_view(), name="erasures"),
    path("userstore/erasures/<uuid:erasure_id>", SingleErasure.as_view(), name="erasure"),
    path("userstore/imports", Imports.as_view(), name="imports"),
    path("userstore/imports/<uuid:import_id>", SingleImport.as_view(), name="import"),
    path("userstore/imports/<uuid:import_id>/content", ImportContent.as_view(), name="import-content"),
    path("userstore/imports/<uuid:import_id>/run", RunImport.as_view(), name="run-import"),
    path("userstore/imports/<uuid:import_id>/cancel", CancelImport.as_view(), name="cancel-import"),
    path("userstore/imports/<uuid:import_id>/report", ImportReport.as_view(), name="import-report"),
    path("userstore/upload/dataimport", DataImports.as_view(), name="data-imports"),
    path("userstore/upload/dataimport/<uuid:import_id>", DataImport.as_view(), name="data-import"),
    path(
        "userstore/upload/dataimport/<uuid:environment_id>/<uuid:import_id>/<slug:secret>",
        DataImportFile.as_view(),
        name="put-data-import",
    ),
    path("authn/users", Users.as_view(), name="users"),
    path("authn/users/<uuid:subject_id>", SingleUser.as_view(), name="user"),
    path("tokenizer/policies/transformation/actions/test", TryTransformer.as_view(), name="try-transformer"),
    path("tokenizer/policies/transformation/actions/execute", ExecuteTransformer.as_view(), name="execute-transformer"),
    path("userstore/download/codegensdk.py", PythonClient.as_view(), name="python-client"),
    path("governance/reach", Reach.as_view(), name="api-reach"),
    path("userstore/config/regions", Regions.as_view(), name="regions"),
    path("userstore/config/retention/preview", RetentionPreview.as_view(), name="retention-preview"),
    path("userstore/config/retention/changes", RetentionChanges.as_view(), name="retention-changes"),
    path("userstore/config/legalholds", LegalHolds.as_view(), name="legal-holds"),
    path("userstore/config/legalholds/<uuid:hold_id>", SingleLegalHold.as_view(), name="legal-hold"),
    *retention_routes("userstore/config/", about="environment", name="environment"),
    *retention_routes("userstore/config/purposes/<uuid:purpose_id>/", about="purpose", name="purpose"),
    *retention_routes("userstore/config/columns/<uuid:column_id>/", about="column", name="column"),
    *definition_routes(DataTypes(), "userstore/config/datatypes"),
    *definition_routes(Columns(), "userstore/config/columns"),
    *definition_routes(Accessors(), "userstore/config/accessors"),
    *definition_routes(Mutators(), "userstore/config/mutators"),
    *definition_routes(Transformers(), "tokenizer/policies/transformation"),
]
