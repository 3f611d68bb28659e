"""Model text that only the row it belongs to gives back."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, connections, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.test.utils import isolate_apps

from keyring.actions import create_key, ensure_environment_key
from keyring.errors import UnknownKey
from keyring.fields import SealedField
from keyring.keys import KeyKind, forget_opened_keys
from keyring.plain import Plain
from keyring.sealed_text import SealedText
from keyring.walls import SYSTEM_ENVIRONMENT, in_environment
from tests.keyring.refusals import refuses_opaquely

MARK = "called from +49 151 5550100"

with isolate_apps("keyring"):

    class Note(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid4)
        environment_id = models.UUIDField()
        text = SealedField(null=True, blank=True)
        other = SealedField(null=True, blank=True)

        class Meta:
            app_label = "keyring"
            db_table = "test_note"

        def __str__(self) -> str:
            return str(self.id)

    class SystemNote(models.Model):
        id = models.UUIDField(primary_key=True, default=uuid4)
        text = SealedField()

        class Meta:
            app_label = "keyring"
            db_table = "test_system_note"

        def __str__(self) -> str:
            return str(self.id)


@pytest.fixture(scope="module", autouse=True)
def tables(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Make the tables as the owner and committed: the application's role could not."""
    with django_db_blocker.unblock():
        with connections["owner"].schema_editor() as editor:
            for model in (Note, SystemNote):
                editor.create_model(model)
        yield
        with connections["owner"].schema_editor() as editor:
            for model in (Note, SystemNote):
                editor.delete_model(model)


@pytest.fixture
def place(environment: UUID) -> UUID:
    create_key(environment_id=environment, kind=KeyKind.TEXT)
    return environment


def stored(note: models.Model, column: str = "text") -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"select {column} from {note._meta.db_table} where id = %s", [note.pk])  # noqa: S608  own names
        return bytes(cursor.fetchone()[0])


def revealed(held: SealedText | Plain[str] | None) -> str:
    assert held is not None
    return held.reveal()


def test_text_is_sealed_at_save_and_opens_on_request_only(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    assert MARK.encode() not in stored(note)
    read = Note.objects.get(pk=note.pk)
    assert isinstance(read.text, SealedText)
    assert isinstance(note.text, SealedText)
    assert read.text == note.text
    forget_opened_keys()
    assert revealed(read.text) == revealed(note.text) == MARK


@pytest.mark.parametrize("saved", [True, False])
def test_before_and_after_the_save_nothing_shows_it(place: UUID, saved: bool) -> None:
    note = Note(environment_id=place, text=MARK)
    if saved:
        note.save()
    assert revealed(note.text) == MARK
    for shown in (repr(note.text), str(note.text), f"{note.text}", repr(note.__dict__)):
        assert MARK not in shown
    with pytest.raises(TypeError):
        json.dumps(note.text)
    with pytest.raises(TypeError):
        pickle.dumps(note.text)


def test_none_and_empty_text_are_two_things(place: UUID) -> None:
    assert Note.objects.create(environment_id=place).text is None
    empty = Note.objects.create(environment_id=place, text="")
    assert revealed(Note.objects.get(pk=empty.pk).text) == ""
    assert Note.objects.filter(text__isnull=True).count() == 1


def test_changing_deferring_and_refreshing_work(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text="first")
    deferred = Note.objects.defer("text").get(pk=note.pk)
    note.text = Plain(MARK)
    note.save(update_fields=["text"])
    assert revealed(deferred.text) == MARK
    deferred.text = "unsaved"
    deferred.refresh_from_db()
    assert revealed(deferred.text) == MARK
    deferred.text = None
    deferred.save()
    note.refresh_from_db()
    assert note.text is None


def test_bulk_create_seals_every_row_for_itself(place: UUID) -> None:
    Note.objects.bulk_create([Note(environment_id=place, text=str(number)) for number in range(3)])
    assert sorted(revealed(note.text) for note in Note.objects.all()) == ["0", "1", "2"]


def test_sealed_bytes_copied_to_another_row_column_environment_or_table_refuse(place: UUID, elsewhere: UUID) -> None:
    create_key(environment_id=elsewhere, kind=KeyKind.TEXT)
    note = Note.objects.create(environment_id=place, text=MARK)
    for target in (Note(environment_id=place), Note(environment_id=elsewhere)):
        target.save()
        with connection.cursor() as cursor:
            cursor.execute("update test_note set text = %s where id = %s", [stored(note), target.pk])
        refuses_opaquely(Note.objects.get(pk=target.pk).text.reveal)  # type: ignore[union-attr]  # it is there
    with connection.cursor() as cursor:
        cursor.execute("update test_note set other = text where id = %s", [note.pk])
    refuses_opaquely(Note.objects.get(pk=note.pk).other.reveal)  # type: ignore[union-attr]  # it is there
    with connection.cursor() as cursor:
        cursor.execute("update test_note set environment_id = %s where id = %s", [elsewhere, note.pk])
    refuses_opaquely(Note.objects.get(pk=note.pk).text.reveal)  # type: ignore[union-attr]  # it is there


def test_sealed_text_is_not_assigned_to_another_row(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    note.text = note.text
    note.save()
    assert revealed(note.text) == MARK
    with pytest.raises(ValueError, match="another row"):
        Note(environment_id=place).text = note.text
    with pytest.raises(ValueError, match="another row"):
        note.other = note.text


def test_nothing_but_text_is_taken(place: UUID) -> None:
    with pytest.raises(TypeError):
        Note(environment_id=place).text = b"bytes"  # type: ignore[assignment]  # what the test is about
    with pytest.raises(TypeError, match="assign the text to the row"):
        Note.objects.filter(environment_id=place).update(text=MARK)


def test_clear_text_that_gets_past_the_field_is_refused_by_the_database(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    for slip in (models.Value(MARK * 3), models.Value(b"\x01", output_field=models.BinaryField())):
        with pytest.raises(IntegrityError), transaction.atomic():
            Note.objects.filter(pk=note.pk).update(text=slip)


def test_it_cannot_be_searched(place: UUID) -> None:
    for lookup in ("text", "text__contains", "text__gt", "text__in", "text__length"):
        with pytest.raises((FieldError, TypeError)):
            list(Note.objects.filter(**{lookup: MARK}))


def test_it_is_not_exported(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    with pytest.raises(TypeError, match="not exported"):
        serializers.serialize("json", [note])


def test_an_environment_without_a_text_key_saves_nothing(elsewhere: UUID) -> None:
    with pytest.raises(UnknownKey), transaction.atomic():
        Note.objects.create(environment_id=elsewhere, text=MARK)
    assert not Note.objects.exists()


def test_rows_of_no_environment_belong_to_the_system_and_open_from_inside_any(place: UUID) -> None:
    ensure_environment_key(environment_id=SYSTEM_ENVIRONMENT)
    create_key(environment_id=SYSTEM_ENVIRONMENT, kind=KeyKind.TEXT)
    note = SystemNote.objects.create(text=MARK)
    forget_opened_keys()
    with in_environment(place):
        assert revealed(SystemNote.objects.get(pk=note.pk).text) == MARK
        SystemNote.objects.create(text="from inside")


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = Note
        fields = ["text"]


def test_a_form_takes_text_and_shows_none(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    assert MARK not in NoteForm(instance=note).as_p()
    assert "SealedText" not in NoteForm(instance=note).as_p()
    changed = NoteForm({"text": "new text"}, instance=note)
    assert changed.is_valid(), changed.errors
    changed.save()
    assert revealed(Note.objects.get(pk=note.pk).text) == "new text"


def test_a_form_left_empty_keeps_what_is_sealed(place: UUID) -> None:
    note = Note.objects.create(environment_id=place, text=MARK)
    before = stored(note)
    form = NoteForm({"text": ""}, instance=note)
    assert not form.has_changed()
    assert form.is_valid(), form.errors
    form.save()
    assert stored(note) == before
    assert NoteForm({"text": ""}, instance=Note(environment_id=place)).is_valid()


def test_a_required_text_is_asked_for_once(db: None) -> None:
    form_class = forms.modelform_factory(SystemNote, fields=["text"])
    assert not form_class({"text": ""}).is_valid()
    assert form_class({"text": "x"}).is_valid()


def test_migrations_can_write_it() -> None:
    name, path, args, kwargs = Note._meta.get_field("text").deconstruct()
    assert (name, path, args, kwargs) == ("text", "keyring.fields.SealedField", [], {"null": True, "blank": True})
    assert MigrationWriter.serialize(SealedField(null=True))[0] == "keyring.fields.SealedField(null=True)"
