"""The facts of governance: environments, identities, rights, purposes, policies, freezes."""

from governance.models.access_requests import AccessRequest, Approval, RequestedSubject
from governance.models.access_rules import AccessRule, Ticket
from governance.models.accounts import Account
from governance.models.changes import ProtectedChange
from governance.models.clients import Client, ClientSecret
from governance.models.delegations import Delegation
from governance.models.environments import Environment
from governance.models.feeds import Feed
from governance.models.freezes import Freeze
from governance.models.grants import Grant, Review
from governance.models.graph import EdgeAttribute, EdgeType, GraphEdge, GraphObject, ObjectType, Organization
from governance.models.issuers import ExternalIdentity, ExternalIssuer
from governance.models.notices import Delivery, FormerAddress, Notice
from governance.models.policies import AccessPolicy, PolicyComponent, PolicyTemplate
from governance.models.provenance import CiKey, Launcher, SpentProof, TrustedBuild, WorkloadPolicy
from governance.models.purposes import Purpose
from governance.models.reserved import ReservedOperation
from governance.models.revisions import Revision
from governance.models.rights import GroupRight, Right, RightUse
from governance.models.rights_reviews import ReviewedRight, RightsReview, RightsReviewPlan
from governance.models.scripts import PolicySecret, ScriptHost, ScriptNote
from governance.models.signing import SigningKey
from governance.models.staff import MarkedSubject, RegisteredJob, StaffDirectory, StaffMember
from governance.models.webhooks import Webhook, WebhookSecret

__all__ = [
    "AccessPolicy",
    "AccessRequest",
    "AccessRule",
    "Account",
    "Approval",
    "CiKey",
    "Client",
    "ClientSecret",
    "Delegation",
    "Delivery",
    "EdgeAttribute",
    "EdgeType",
    "Environment",
    "ExternalIdentity",
    "ExternalIssuer",
    "Feed",
    "FormerAddress",
    "Freeze",
    "Grant",
    "GraphEdge",
    "GraphObject",
    "GroupRight",
    "Launcher",
    "MarkedSubject",
    "Notice",
    "ObjectType",
    "Organization",
    "PolicyComponent",
    "PolicySecret",
    "PolicyTemplate",
    "ProtectedChange",
    "Purpose",
    "RegisteredJob",
    "RequestedSubject",
    "ReservedOperation",
    "Review",
    "ReviewedRight",
    "Revision",
    "Right",
    "RightUse",
    "RightsReview",
    "RightsReviewPlan",
    "ScriptHost",
    "ScriptNote",
    "SigningKey",
    "SpentProof",
    "StaffDirectory",
    "StaffMember",
    "Ticket",
    "TrustedBuild",
    "Webhook",
    "WebhookSecret",
    "WorkloadPolicy",
]
