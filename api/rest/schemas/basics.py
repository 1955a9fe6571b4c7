"""What all requests and answers share."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

NAME = validate.Length(min=1, max=200)
REASON = validate.Length(min=1, max=2000)


def text(**options: Any) -> fields.String:
    """A text of one line, 1 to 200 characters unless told otherwise."""
    rules = options.pop("validate", NAME)
    return fields.String(validate=[rules, _one_line], **options)


def prose(**options: Any) -> fields.String:
    """A text of several lines, 1 to 2000 characters unless told otherwise."""
    rules = options.pop("validate", REASON)
    return fields.String(validate=[rules, _lines], **options)


def reason() -> fields.String:
    """Why a person does it; asked for wherever a record must say so."""
    return prose(required=True)


def chosen(*values: str) -> fields.String:
    """One of some values."""
    return fields.String(validate=validate.OneOf(values))


def wanted(*values: str) -> fields.String:
    """A filter of a list: one of some values, or any text."""
    return text(load_default=None, validate=validate.OneOf(values) if values else NAME)


def _one_line(value: str) -> None:
    if not value.isprintable():
        raise ma.ValidationError("Control characters are not accepted.")


def _lines(value: str) -> None:
    if not all(line.isprintable() for line in value.replace("\t", " ").splitlines()):
        raise ma.ValidationError("Control characters are not accepted.")


class YesNo(fields.Boolean):
    """true or false, and nothing that only looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Strict(ma.Schema):
    """Unknown fields are refused, so that a typing error is never ignored."""

    class Meta:
        """Marshmallow's options."""

        unknown = ma.RAISE


class Out(ma.Schema):
    """An answer: each of its fields is always there, unless its metadata say `optional`."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Let the OpenAPI document say so too."""
        field_obj.required = not field_obj.metadata.get("optional", False)


class Query(Strict):
    """What stands behind the question mark; what is not there filters nothing."""


class PageQuery(Query):
    """How much of a list, and from where on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = text(load_default=None, validate=validate.Length(max=300))


class Reason(Strict):
    """Why."""

    reason = reason()


class Variables(fields.Dict):
    """Variables by name: any JSON; numbers keep their digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), **options)


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The answer of a list: items and the cursor of the next page."""
    return Out.from_dict(
        {"items": fields.List(fields.Nested(item)), "next": fields.String(allow_none=True)},
        name=item.__name__.removesuffix("Out") + "Page",
    )
