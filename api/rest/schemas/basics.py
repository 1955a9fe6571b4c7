"""What all requests and answers share."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

NAME = validate.Length(min=1, max=200)
REASON = validate.Length(min=1, max=2000)


def text(**options: Any) -> fields.String:
    """A text without control characters, 1 to 200 characters unless told otherwise."""
    rules = options.pop("validate", NAME)
    return fields.String(validate=[rules, _printable], **options)


def _printable(value: str) -> None:
    if not value.isprintable():
        raise ma.ValidationError("Control characters are not accepted.")


def reason() -> fields.String:
    """Why a person does it; asked for wherever a record must say so."""
    return fields.String(required=True, validate=REASON)


class Strict(ma.Schema):
    """Unknown fields are refused, so that a typing error is never ignored."""

    class Meta:
        """Marshmallow's options."""

        unknown = ma.RAISE


class PageQuery(Strict):
    """How much of a list, and from where on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default=None, validate=validate.Length(max=300))


class Reason(Strict):
    """Why."""

    reason = reason()


class Variables(fields.Dict):
    """Variables by name: any JSON; numbers keep their digits."""

    def __init__(self, **options: Any) -> None:
        super().__init__(keys=fields.String(), **options)


def page_of(item: type[ma.Schema]) -> type[ma.Schema]:
    """The answer of a list: items and the cursor of the next page."""
    return ma.Schema.from_dict(
        {"items": fields.List(fields.Nested(item)), "next": fields.String(allow_none=True)},
        name=item.__name__.removesuffix("Out") + "Page",
    )
