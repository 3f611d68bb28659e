"""What the analysis of the book knows beside it: the staff directory, marked people, and jobs with a schedule."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from governance.actions.staff import lift_mark, mark_subject, register_job, take_in_staff, withdraw_job
from governance.api.configuring import ConfiguringView
from governance.errors import Invalid
from governance.models import MarkedSubject, RegisteredJob, StaffMember
from governance.staff_files import COLUMNS
from governance.wire.definitions import caller_in
from governance.wire.fields import Fields
from governance.wire.keys import BY_ID, Keys, id_key, moment_key, text_key
from governance.wire.parameters import list_parameters
from governance.wire.problems import PROBLEMS
from governance.wire.shapes import ID, MOMENT, NUMBER, TEXT, array, choice, or_null, page_shape, shape
from keyring.walls import in_environment

_TAGS = ["audit"]
_DAY: dict[str, Any] = {**TEXT, "format": "date"}
_MEMBER = shape(
    id=ID, username=TEXT, team=TEXT, role=TEXT, manager=or_null(TEXT), joined_on=or_null(_DAY), left_on=or_null(_DAY),
    leave=array(shape(first=_DAY, last=_DAY)), own_record=or_null(ID),
)  # fmt: skip
_TAKEN = shape(members=NUMBER, added=NUMBER, changed=NUMBER, ended=NUMBER)
_CSV = {**TEXT, "description": f"With a head line; columns {', '.join(COLUMNS)}, of which only the first is needed."}
_MARK = shape(
    id=ID, subject_id=ID, kind=choice(MarkedSubject.FLAGGED, MarkedSubject.HONEY), marked_by=or_null(ID),
    created_at=MOMENT,
)  # fmt: skip
_HOURS = {**array(NUMBER), "description": "Of the day, UTC; empty: any."}
_THROUGH = {**array(ID), "description": "Accessors; empty: any."}
_JOB = shape(id=ID, client_id=ID, purposes=array(TEXT), hours=_HOURS, accessors=_THROUGH, created_at=MOMENT)
_MEMBER_KEYS: Keys = {"id": id_key("id"), "username": text_key("account__username"), "team": text_key("team")}
_MARK_KEYS: Keys = {**BY_ID, "kind": text_key("kind"), "created": moment_key("created_at")}
_JOB_KEYS: Keys = {**BY_ID, "created": moment_key("created_at")}


class StaffDirectory(ConfiguringView):
    """List the staff directory, or have it be what a file says."""

    @extend_schema(operation_id="list_staff", tags=_TAGS, parameters=list_parameters(_MEMBER_KEYS),
                   responses={200: page_shape(_MEMBER), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, StaffMember.objects.select_related("account", "manager"), _MEMBER_KEYS, _member)

    @extend_schema(
        operation_id="import_staff",
        tags=_TAGS,
        description="Takes the place of the whole directory, or changes nothing: who is not in the file is not in the "
        "directory any more. Faults name row and column and never what the cell holds.",
        request={"application/json": {**shape(csv=_CSV), "required": ["csv"]}},
        responses={200: _TAKEN, **PROBLEMS},
    )
    def put(self, request: Request) -> Response:
        return Response(take_in_staff(caller_in(request), text=Fields(request.data).text("csv"), source="api"))


class Marks(ConfiguringView):
    """List the people whom the analysis watches over, or mark one."""

    @extend_schema(operation_id="list_marks", tags=_TAGS, parameters=list_parameters(_MARK_KEYS),
                   responses={200: page_shape(_MARK), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, MarkedSubject.objects.all(), _MARK_KEYS, _mark)

    @extend_schema(
        operation_id="mark_subject",
        tags=_TAGS,
        description="`flagged`: every look that nothing explains is found. `honey`, who does not exist: every look is.",
        request={
            "application/json": {
                **shape(subject_id=ID, kind=choice(MarkedSubject.FLAGGED, MarkedSubject.HONEY)),
                "required": ["subject_id", "kind"],
            }
        },
        responses={201: _MARK, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        fields = Fields(request.data)
        mark = mark_subject(caller_in(request), subject_id=fields.id("subject_id"), kind=fields.text("kind"))
        return Response(_mark(mark), status=201)


class SingleMark(ConfiguringView):
    """Watch over somebody no more."""

    @extend_schema(operation_id="lift_mark", tags=_TAGS,
                   responses={204: OpenApiResponse(description="Lifted."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, mark_id: UUID) -> Response:
        lift_mark(caller_in(request), public_id=mark_id)
        return Response(status=204)


class RegisteredJobs(ConfiguringView):
    """List the clients whose schedule explains what they do, or register one."""

    @extend_schema(operation_id="list_registered_jobs", tags=_TAGS, parameters=list_parameters(_JOB_KEYS),
                   responses={200: page_shape(_JOB), **PROBLEMS})  # fmt: skip
    def get(self, request: Request) -> Response:
        return self.paged(request, RegisteredJob.objects.select_related("client"), _JOB_KEYS, _job)

    @extend_schema(
        operation_id="register_job",
        tags=_TAGS,
        request={
            "application/json": {
                **shape(
                    client_id=ID, purposes={**array(TEXT), "description": "Names."}, hours=_HOURS, accessors=_THROUGH
                ),
                "required": ["client_id", "purposes"],
            }
        },
        responses={201: _JOB, **PROBLEMS},
    )
    def post(self, request: Request) -> Response:
        caller, fields = caller_in(request), Fields(request.data)
        job = register_job(
            caller,
            client_id=fields.id("client_id"),
            purposes=_names(fields),
            hours=_hours(fields),
            accessors=_accessors(fields),
        )
        with in_environment(caller.environment_id):
            return Response(_job(job), status=201)


class SingleRegisteredJob(ConfiguringView):
    """Have a client's schedule explain nothing any more."""

    @extend_schema(operation_id="withdraw_job", tags=_TAGS,
                   responses={204: OpenApiResponse(description="Withdrawn."), **PROBLEMS})  # fmt: skip
    def delete(self, request: Request, job_id: UUID) -> Response:
        withdraw_job(caller_in(request), public_id=job_id)
        return Response(status=204)


def _names(fields: Fields) -> list[str]:
    names = fields.array("purposes")
    if not all(isinstance(each, str) and each.isprintable() for each in names):
        raise Invalid("Purposes are names.", field="purposes")
    return list(names)


def _hours(fields: Fields) -> list[int]:
    hours = fields.array("hours")
    if not all(isinstance(each, int) and not isinstance(each, bool) for each in hours):
        raise Invalid("Hours are numbers from 0 to 23.", field="hours")
    return list(hours)


def _accessors(fields: Fields) -> list[UUID]:
    try:
        return [UUID(each) for each in fields.array("accessors")]
    except (ValueError, TypeError, AttributeError):
        raise Invalid("Accessors are ids.", field="accessors") from None


def _member(member: StaffMember) -> dict[str, Any]:
    return {
        "id": str(member.pk),
        "username": member.account.username,
        "team": member.team,
        "role": member.role,
        "manager": member.manager.username if member.manager else None,
        "joined_on": member.joined_on,
        "left_on": member.left_on,
        "leave": [{"first": first, "last": last} for first, last in member.leave],
        "own_record": str(member.own_record) if member.own_record else None,
    }


def _mark(mark: MarkedSubject) -> dict[str, Any]:
    return {
        "id": str(mark.public_id),
        "subject_id": str(mark.subject_id),
        "kind": mark.kind,
        "marked_by": str(mark.marked_by) if mark.marked_by else None,
        "created_at": mark.created_at,
    }


def _job(job: RegisteredJob) -> dict[str, Any]:
    return {
        "id": str(job.public_id),
        "client_id": str(job.client.public_id),
        "purposes": job.purposes,
        "hours": job.hours,
        "accessors": [str(each) for each in job.accessors],
        "created_at": job.created_at,
    }
