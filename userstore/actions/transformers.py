"""Publishing and retiring transformers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from governance.actions.change import Change, configuration_change
from governance.actions.names import checked_name
from governance.actions.publishing import (
    must_be_current,
    must_be_script,
    refuse_existing,
    refuse_in_use,
    refuse_taken_name,
)
from governance.actions.versions import (
    holding_again,
    keep_stored,
    keep_version,
    withdraw_all,
    withdraw_current,
    withdraw_former,
)
from governance.drafts.draftable import draftable
from governance.identities import Caller
from governance.models import Revision
from governance.queries import former_version
from userstore import events
from userstore.actions.methods import found, hold_data_type
from userstore.actions.normalizing import must_still_normalize
from userstore.actions.showing import must_still_show
from userstore.errors import Invalid
from userstore.models import AccessorColumn, Column, MutatorColumn, Token, Transformer
from userstore.models.transformers import BY_REFERENCE, BY_VALUE, PASSTHROUGH, TRANSFORM
from userstore.transforming.builtin import native
from userstore.transforming.compilation import NATIVES, compile_transformer
from userstore.transforming.protocol import TransformKind

KIND = "transformer"
"""What revisions of transformers are called."""


@dataclass(frozen=True, slots=True)
class TransformerSpec:
    """A transformer as asked for: native by name, or a script `transform(data, params)`."""

    name: str
    transform_type: str
    function: str = ""
    native: str = ""
    parameters: str = ""
    description: str = ""
    input_data_type: str = "string"
    output_data_type: str = "string"
    reuse_existing_token: bool = False


@draftable
def publish_transformer(caller: Caller, *, spec: TransformerSpec, public_id: UUID | None = None) -> Transformer:
    """Publish version 0 of a transformer.

    Raises:
        Invalid: bad name, type, parameters, or a script that does not compile (with its line).
        Conflict: name or id is taken; identical when everything asked for is the same.
    """
    checked_name(spec.name, what="transformer")
    spec = recognised(spec)
    with configuration_change(caller, events.TRANSFORMER_PUBLISHED) as change:
        refuse_existing(Transformer, name=spec.name, public_id=public_id, is_same=lambda stored: _is_same(stored, spec))
        transformer = Transformer(environment_id=caller.environment_id, public_id=public_id or uuid4())
        _fill(transformer, spec)
        _record(change, transformer)
    return transformer


@draftable
def republish_transformer(caller: Caller, *, public_id: UUID, version: int, spec: TransformerSpec) -> Transformer:
    """Publish the next version; accessors follow at once.

    Raises:
        Invalid: built-in, bad spec, or `version` is not the current one.
        Conflict: another transformer has the name.
    """
    checked_name(spec.name, what="transformer")
    spec = recognised(spec)
    with configuration_change(caller, events.TRANSFORMER_PUBLISHED) as change:
        transformer = _editable(public_id)
        must_be_current(version, current=transformer.version)
        refuse_taken_name(Transformer, name=spec.name, public_id=public_id)
        _keep_stored(change, transformer)
        transformer.version += 1
        _fill(transformer, spec)
        _record(change, transformer)
    return transformer


@draftable
def reinstate_transformer(caller: Caller, *, public_id: UUID, version: int) -> Transformer:
    """Publish a former version of a transformer again, as its next one.

    Raises:
        NotFound: there is no such version.
        Conflict: another transformer has its name now.
    """
    with configuration_change(caller, events.TRANSFORMER_PUBLISHED) as change:
        transformer = _editable(public_id)
        former = former_version(KIND, public_id, version)
        _keep_stored(change, transformer)
        _put(transformer, former, version=transformer.version + 1)
        _record(change, transformer)
    return transformer


@draftable
def retire_transformer(caller: Caller, *, public_id: UUID) -> None:
    """Retire a transformer that no column, accessor, mutator or token uses, with all its versions."""
    with configuration_change(caller, events.TRANSFORMER_RETIRED) as change:
        _end(change, _editable(public_id))


@draftable
def retire_transformer_version(caller: Caller, *, public_id: UUID, version: int) -> None:
    """Retire one version: of the newest the one below holds again, and the last one takes the transformer with it.

    Raises:
        NotFound: there is no such version.
        Conflict: it is the last one and something uses the transformer, or the one below cannot hold again.
    """
    with configuration_change(caller, events.TRANSFORMER_VERSION_RETIRED) as change:
        transformer = _editable(public_id)
        if version != transformer.version:
            withdraw_former(change, kind=KIND, public_id=public_id, version=version)
        else:
            below = withdraw_current(change, kind=KIND, public_id=public_id, version=version)
            if below is None:
                change.event = events.TRANSFORMER_RETIRED
                return _end(change, transformer)
            _put(transformer, below, version=below.version)
        change.facts.update(transformer=public_id, name=transformer.name, version=version, current=transformer.version)
    return None


def transformer_body(transformer: Transformer) -> dict[str, Any]:
    """What a revision keeps of a transformer."""
    return {
        "name": transformer.name,
        "description": transformer.description,
        "input_data_type": transformer.input_data_type,
        "output_data_type": transformer.output_data_type,
        "transform_type": transformer.transform_type,
        "function": transformer.function,
        "native": transformer.native,
        "parameters": transformer.parameters,
        "reuse_existing_token": transformer.reuse_existing_token,
    }


def recognised(spec: TransformerSpec) -> TransformerSpec:
    """Check a spec, and run the text of a built-in transformer natively, whatever its parameters."""
    _check_type(spec)
    known = None if spec.native else native(spec.function, TransformKind(spec.transform_type))
    recognised = replace(spec, native=known.name) if known is not None else spec
    _check(recognised)
    return recognised


def _check_type(spec: TransformerSpec) -> None:
    if spec.transform_type not in {PASSTHROUGH, TRANSFORM, BY_VALUE, BY_REFERENCE}:
        raise Invalid(
            f"There is no transform type {spec.transform_type[:64]!r}.",
            field="transform_type",
            remedy=f"Known: {PASSTHROUGH}, {TRANSFORM}, {BY_VALUE}, {BY_REFERENCE}.",
        )


def _check(spec: TransformerSpec) -> None:
    if spec.reuse_existing_token and spec.transform_type not in {BY_VALUE, BY_REFERENCE}:
        raise Invalid("Only a tokenizing transformer reuses tokens.", field="reuse_existing_token")
    if spec.native:
        if spec.native not in NATIVES:
            raise Invalid(
                f"There is no native transformer {spec.native[:64]!r}.",
                field="native",
                remedy=f"Known: {', '.join(NATIVES)}.",
            )
        if str(NATIVES[spec.native].kind) != spec.transform_type:
            raise Invalid(f"{spec.native} is of type {NATIVES[spec.native].kind}.", field="transform_type")
    elif spec.transform_type != PASSTHROUGH or spec.function.strip():
        must_be_script(
            spec.function, function="tokenize" if spec.transform_type in {BY_VALUE, BY_REFERENCE} else "transform"
        )


def _fill(transformer: Transformer, spec: TransformerSpec) -> None:
    for field in ("input_data_type", "output_data_type"):
        hold_data_type(getattr(spec, field), field=field)
    for name in transformer_body(transformer):
        setattr(transformer, name, getattr(spec, name))
    compile_transformer(transformer)
    must_still_normalize(transformer)
    must_still_show(transformer)
    transformer.save()


def _put(transformer: Transformer, revision: Revision, *, version: int) -> None:
    with holding_again(revision):
        refuse_taken_name(Transformer, name=revision.body["name"], public_id=transformer.public_id)
        transformer.version = version
        _fill(transformer, TransformerSpec(**revision.body))


def _end(change: Change, transformer: Transformer) -> None:
    refuse_in_use("transformer", _uses_of(transformer), public_id=transformer.public_id)
    withdraw_all(change, kind=KIND, public_id=transformer.public_id)
    change.facts.update(transformer=transformer.public_id, name=transformer.name, version=transformer.version)
    transformer.delete()


def _keep_stored(change: Change, transformer: Transformer) -> None:
    body = transformer_body(transformer)
    keep_stored(change, kind=KIND, public_id=transformer.public_id, version=transformer.version, body=body)


def _editable(public_id: UUID) -> Transformer:
    transformer = found(Transformer, public_id, field="id")
    if transformer.is_system:
        raise Invalid("A built-in transformer cannot be changed.", field="id")
    return transformer


def _uses_of(transformer: Transformer) -> list[str]:
    names = set(AccessorColumn.objects.filter(transformer=transformer).values_list("accessor__name", flat=True))
    names |= set(AccessorColumn.objects.filter(mask=transformer).values_list("accessor__name", flat=True))
    names |= set(MutatorColumn.objects.filter(normalizer=transformer).values_list("mutator__name", flat=True))
    names |= set(Column.objects.filter(default_transformer=transformer).values_list("name", flat=True))
    if Token.objects.filter(transformer=transformer).exists():
        names.add("existing tokens")
    return sorted(names)


def _is_same(transformer: Transformer, spec: TransformerSpec) -> bool:
    body = transformer_body(transformer)
    return all(body[name] == getattr(spec, name) for name in body if name not in {"description"})


def _record(change: Change, transformer: Transformer) -> None:
    keep_version(
        change,
        kind=KIND,
        public_id=transformer.public_id,
        version=transformer.version,
        body=transformer_body(transformer),
    )
    change.facts.update(transformer=transformer.public_id, name=transformer.name, version=transformer.version)
