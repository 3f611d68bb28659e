"""The facts of the store: columns, subjects, sealed values, consents, read and write APIs, tokens."""

from userstore.models.accessors import Accessor, AccessorColumn, VisibilityRule
from userstore.models.columns import Column
from userstore.models.consents import ConsentRecord
from userstore.models.credentials import Credential
from userstore.models.datatypes import DataTypeDefinition
from userstore.models.erasures import Erasure
from userstore.models.holds import LegalHold
from userstore.models.idempotency import IdempotencyKey
from userstore.models.imports import Import, ImportFault, ImportPiece
from userstore.models.mutators import Mutator, MutatorColumn
from userstore.models.proofs import SubjectProof
from userstore.models.retention import RetentionChange, RetentionDuration
from userstore.models.subjects import Subject, Value
from userstore.models.tokens import Token
from userstore.models.transformers import Transformer

__all__ = [
    "Accessor",
    "AccessorColumn",
    "Column",
    "ConsentRecord",
    "Credential",
    "DataTypeDefinition",
    "Erasure",
    "IdempotencyKey",
    "Import",
    "ImportFault",
    "ImportPiece",
    "LegalHold",
    "Mutator",
    "MutatorColumn",
    "RetentionChange",
    "RetentionDuration",
    "Subject",
    "SubjectProof",
    "Token",
    "Transformer",
    "Value",
    "VisibilityRule",
]
