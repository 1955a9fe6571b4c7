"""A definition becomes a form: compiled once to a marshmallow Schema, then read many times."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import Schema, ValidationError

from forms.errors import FieldError, FormInvalid, pointer
from forms.fields import FormField, Instruction
from forms.messages import Message, shown
from forms.readers import Answer
from forms.rules import read_definition

VARIABLES = "variables"
FIELDS_SHOWN = 20

Said = list[str] | Mapping[str | int, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A compiled form. It may be shared between threads; nothing in it changes.

    Attributes:
        definition: the definition as it was given; not to be changed.
        variable_types: the form type of each variable written; a choice among numbers is `number`.
        instructions: the steps that are shown beside the record.
        file_fields: the fields whose answer is the id of a file.
        recorded: the keys of the fields whose answer is recorded, but not under its own name.
    """

    key: str
    title: str
    fields: tuple[FormField, ...]
    definition: dict[str, object] = field(repr=False)
    variable_types: dict[str, str] = field(repr=False)
    instructions: tuple[Instruction, ...] = field(repr=False)
    file_fields: tuple[FormField, ...] = field(repr=False)
    recorded: frozenset[str] = field(repr=False)
    _schema: Schema = field(repr=False)
    _keys: Mapping[str, str] = field(repr=False)
    _writes: tuple[tuple[str, str], ...] = field(repr=False)

    def load(self, answers: Mapping[str, object]) -> dict[str, object]:
        """The clean answers by field key, without the questions left open.

        Clean is: a text as given, a Decimal in the field's unit, the value of the choice, a bool,
        an instant as ISO 8601 in UTC, the id of a file; a list of values chosen, in the order of
        the form, or of Decimals; of a checklist an object, item -> `ok`, `not_ok` or `na`.

        Raises:
            FormInvalid: with every error, at `/variables/<key>`, in the order of the form; what is
                wrong with one sample or item is at `/variables/<key>/<place>`.
        """
        if not isinstance(answers, Mapping):
            problem = Message.NOT_OBJECT.say(got=shown(answers))
            raise FormInvalid([FieldError(pointer(VARIABLES), problem)])
        try:
            loaded = self._schema.load(answers)
        except ValidationError as refused:
            raise FormInvalid(self._errors(refused.messages_dict)) from None
        keys = self._keys
        return {keys[name]: value for name, value in loaded.items() if value is not None}

    def variables(self, clean: Mapping[str, object]) -> dict[str, object]:
        """What clean answers write, variable name -> value, for the fields that name one."""
        return {variable: clean[key] for key, variable in self._writes if key in clean}

    def _errors(self, messages: Mapping[str, Said]) -> list[FieldError]:
        known = list(self._keys.values())
        errors = [error for key in known for error in _said(messages.get(key, []), VARIABLES, key)]
        strange = sorted(str(key) for key in messages.keys() - set(known))
        return errors + [FieldError(pointer(VARIABLES, key), self._unknown(key)) for key in strange]

    def _unknown(self, key: str) -> str:
        names = [each.key for each in self.fields]
        message = Message.UNKNOWN_FIELD if names else Message.NO_FIELDS
        more = ["…"] if len(names) > FIELDS_SHOWN else []
        return message.say(key=shown(key), known=", ".join(names[:FIELDS_SHOWN] + more))


def _said(messages: Said, *place: str | int) -> list[FieldError]:
    """What is said of an answer, or of each of its parts."""
    if isinstance(messages, Mapping):
        return [e for part, below in messages.items() for e in _said(below, *place, part)]
    return [FieldError(pointer(*place), detail) for detail in messages]


def compile_form(definition: Mapping[str, object]) -> Form:
    """The form a definition describes.

    Args:
        definition: parsed JSON, as docs/reference/forms.md describes it. Only the key of the form
            and the key and type of a field must be there; null means left out.

    Raises:
        FormDefinitionInvalid: with every problem of the definition.
    """
    read = read_definition(definition)
    asked = read.fields
    # marshmallow splits names at dots and some names are its own, so keys are only its data keys.
    names = {f"field_{place}": each for place, each in enumerate(asked)}
    schema = Schema.from_dict(
        {name: Answer(each) for name, each in names.items()}, name="FormSchema"
    )
    return Form(
        key=read.key,
        title=read.title,
        fields=asked,
        instructions=read.instructions,
        definition=copy.deepcopy(dict(definition)),
        file_fields=tuple(each for each in asked if each.holds_file),
        recorded=frozenset(each.key for each in asked if each.variable != each.key),
        variable_types={each.variable: each.value_type.value for each in asked if each.variable},
        _schema=schema(),
        _keys={name: each.key for name, each in names.items()},
        _writes=tuple((each.key, each.variable) for each in asked if each.variable),
    )
