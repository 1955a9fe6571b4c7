"""Files and signatures."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from api.rest.schemas.basics import Out, PageQuery, Strict, chosen, prose, text, wanted
from engine.records.signatures import MEANINGS


class FileQuery(PageQuery):
    """Filters of the list of files; a subject is written as in the audit trail: `instance:…`."""

    subject = wanted()


class StoredFileOut(Out):
    """A file; `width` and `height` are those of a picture, in pixels."""

    id = fields.UUID()
    name = fields.String()
    media_type = fields.String()
    size = fields.Integer()
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    sha256 = fields.String()
    created = fields.DateTime()
    created_by = fields.String()


class SignatureQuery(PageQuery):
    """Filters of the list of signatures; a subject is written as in the audit trail: `task:…`."""

    instance = fields.UUID(load_default=None)
    subject = wanted()
    user = wanted()
    meaning = wanted(*MEANINGS)


class SignatureOut(Out):
    """Who signed what, when, and with what meaning.

    `sha256` is that of `content`, the canonical JSON of what was signed; `intact` says that it
    still fits.
    """

    id = fields.UUID()
    subject = fields.String()
    instance = fields.UUID(allow_none=True)
    element = fields.String(allow_none=True)
    user = fields.String()
    full_name = fields.String()
    meaning = chosen(*MEANINGS)
    reason = fields.String(allow_none=True)
    at = fields.DateTime()
    method = fields.String()
    content = fields.String()
    sha256 = fields.String()
    intact = fields.Boolean()


class SignatureIn(Strict):
    """A signature: `user` is the second person where somebody else than the caller signs.

    Who signs gives their password, or on an enrolled station their PIN.
    """

    meaning = fields.String(required=True, validate=ma.validate.OneOf(MEANINGS))
    password = fields.String(load_default=None, allow_none=True, load_only=True)
    pin = fields.String(load_default=None, allow_none=True, load_only=True)
    user = text(load_default=None, allow_none=True)
    reason = prose(load_default=None, allow_none=True)

    @ma.validates_schema
    def one_secret(self, data: dict[str, Any], **_: Any) -> None:
        """One of the two, and not both."""
        if (data["password"] is None) == (data["pin"] is None):
            said = "Give the password of who signs, or on a station their PIN: one of the two."
            raise ma.ValidationError(said, "password")
