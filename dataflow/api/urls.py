"""Addresses of the API of dataflows."""

from __future__ import annotations

from django.urls import path

from dataflow.api.deployments import DeploymentBackfill, DeploymentReplay, Deployments, SingleDeployment
from dataflow.api.hub import HubContent, HubItems, SingleHubItem
from dataflow.api.letters import DeadLetters, DroppedLetters, LetterFlows, OpenedLetter, ReplayedLetters
from dataflow.api.metrics import Metrics
from dataflow.api.records import TopicRecords
from dataflow.api.topics import FlowTopics, SingleFlowTopic

app_name = "dataflow"
_DEPLOYMENT = "dataflow/deployments/<uuid:deployment_id>"
urlpatterns = [
    path("dataflow/dead-letters", DeadLetters.as_view(), name="dead-letters"),
    path("dataflow/dead-letters/flows", LetterFlows.as_view(), name="dead-letter-flows"),
    path("dataflow/dead-letters/open", OpenedLetter.as_view(), name="dead-letter-open"),
    path("dataflow/dead-letters/replay", ReplayedLetters.as_view(), name="dead-letter-replay"),
    path("dataflow/dead-letters/drop", DroppedLetters.as_view(), name="dead-letter-drop"),
    path("dataflow/hub/items", HubItems.as_view(), name="hub-items"),
    path("dataflow/hub/items/<uuid:item_id>", SingleHubItem.as_view(), name="hub-item"),
    path("dataflow/hub/items/<uuid:item_id>/content", HubContent.as_view(), name="hub-content"),
    path("dataflow/topics", FlowTopics.as_view(), name="flow-topics"),
    path("dataflow/topics/<uuid:topic_id>", SingleFlowTopic.as_view(), name="flow-topic"),
    path("dataflow/topics/<str:topic>/records", TopicRecords.as_view(), name="topic-records"),
    path("dataflow/deployments", Deployments.as_view(), name="deployments"),
    path(_DEPLOYMENT, SingleDeployment.as_view(), name="deployment"),
    path(f"{_DEPLOYMENT}/replay", DeploymentReplay.as_view(), name="deployment-replay"),
    path(f"{_DEPLOYMENT}/backfill", DeploymentBackfill.as_view(), name="deployment-backfill"),
    path("dataflow/metrics", Metrics.as_view(), name="flow-metrics"),
]
