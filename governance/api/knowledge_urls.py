"""Addresses of what the analysis knows beside the book, and of the feeds that the book leaves by."""

from __future__ import annotations

from django.urls import path

from governance.api.feeds import FeedPause, FeedResumption, Feeds, SingleFeed
from governance.api.knowledge import (
    Marks,
    RegisteredJobs,
    SingleMark,
    SingleRegisteredJob,
    StaffDirectory,
)

_FEED = "audit/feeds/<uuid:feed_id>"

urlpatterns = [
    path("governance/staff", StaffDirectory.as_view(), name="api-staff"),
    path("governance/marks", Marks.as_view(), name="api-marks"),
    path("governance/marks/<uuid:mark_id>", SingleMark.as_view(), name="api-mark"),
    path("governance/registered-jobs", RegisteredJobs.as_view(), name="api-registered-jobs"),
    path("governance/registered-jobs/<uuid:job_id>", SingleRegisteredJob.as_view(), name="api-registered-job"),
    path("audit/feeds", Feeds.as_view(), name="api-feeds"),
    path(_FEED, SingleFeed.as_view(), name="api-feed"),
    path(f"{_FEED}/pause", FeedPause.as_view(), name="api-feed-pause"),
    path(f"{_FEED}/resume", FeedResumption.as_view(), name="api-feed-resumption"),
]
