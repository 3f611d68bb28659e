"""The facts of governance: environments, identities, rights, purposes, policies, freezes."""

from governance.models.accounts import Account
from governance.models.clients import Client, ClientSecret
from governance.models.environments import Environment
from governance.models.freezes import Freeze
from governance.models.graph import EdgeAttribute, EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from governance.models.issuers import ExternalIdentity, ExternalIssuer
from governance.models.policies import AccessPolicy, PolicyComponent, PolicyTemplate
from governance.models.provenance import CiKey, Launcher, SpentProof, TrustedBuild, WorkloadPolicy
from governance.models.purposes import Purpose
from governance.models.revisions import Revision
from governance.models.rights import GroupRight, Right
from governance.models.scripts import PolicySecret, ScriptHost, ScriptNote
from governance.models.signing import SigningKey

__all__ = [
    "AccessPolicy",
    "Account",
    "CiKey",
    "Client",
    "ClientSecret",
    "EdgeAttribute",
    "EdgeType",
    "Environment",
    "ExternalIdentity",
    "ExternalIssuer",
    "Freeze",
    "GraphEdge",
    "GraphObject",
    "GroupRight",
    "Launcher",
    "ObjectType",
    "Organization",
    "PolicyComponent",
    "PolicySecret",
    "PolicyTemplate",
    "Purpose",
    "Revision",
    "Right",
    "ScriptHost",
    "ScriptNote",
    "SigningKey",
    "SpentProof",
    "TrustedBuild",
    "WorkloadPolicy",
]
