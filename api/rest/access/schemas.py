"""Sessions, stations and settings."""

from dataclasses import fields as fields_of

from marshmallow import fields, validate

from api.rest.schemas.access import BADGE, LANGUAGE, LOOKS, ROLES, PinField, Secret
from api.rest.schemas.basics import Out, PageQuery, Strict, YesNo, text, wanted
from engine.access.settings import BOUNDS, SiteSettings

STATION_NAME = validate.Length(min=1, max=64)


class SessionIn(Strict):
    """Who signs in: `name` and `password`, or at a station `badge` (or `name`) and `pin`."""

    name = fields.String(validate=validate.Length(max=200), load_only=True)
    password = Secret()
    badge = text(validate=BADGE, load_only=True)
    pin = PinField()


class PreferencesIn(Strict):
    """What one chooses for oneself; null leaves it to the station or the browser."""

    language = fields.String(validate=LANGUAGE, allow_none=True)
    theme = fields.String(validate=LOOKS, allow_none=True)


class AtStation(Out):
    """The station at which somebody is signed in."""

    id = fields.UUID()
    name = fields.String()
    equipment = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    theme = fields.String(allow_none=True)
    scanner_gap_ms = fields.Integer(allow_none=True)
    scanner_prefix = fields.String(allow_none=True)


class SessionOut(Out):
    """The session of a device, with the token that its requests have to carry."""

    id = fields.UUID()
    user = fields.String()
    full_name = fields.String()
    roles = ROLES
    permissions = fields.List(fields.String())
    method = fields.String()
    station = fields.Nested(AtStation, allow_none=True)
    language = fields.String(allow_none=True)
    theme = fields.String(allow_none=True)
    csrf = fields.String(metadata={"description": "For the header X-CSRF-Token"})
    idle_seconds = fields.Integer()
    expires = fields.DateTime()


class SessionQuery(PageQuery):
    """Whose sessions."""

    user = wanted()


class SessionRowOut(Out):
    """A session as others see it."""

    id = fields.UUID()
    user = fields.String()
    method = fields.String()
    station = fields.UUID(allow_none=True)
    created = fields.DateTime()
    last_seen = fields.DateTime()
    expires = fields.DateTime()
    ended = fields.DateTime(allow_none=True)
    current = fields.Boolean()


class StationChangeIn(Strict):
    """What to change of a station; null takes it away."""

    name = text(validate=STATION_NAME)
    equipment = text(allow_none=True)
    language = fields.String(validate=LANGUAGE, allow_none=True)
    theme = fields.String(validate=LOOKS, allow_none=True)
    scanner_gap_ms = fields.Integer(strict=True, validate=validate.Range(10, 500), allow_none=True)
    scanner_prefix = text(validate=validate.Length(min=1, max=4), allow_none=True)
    roles = fields.List(fields.String(), allow_none=True)


class StationIn(StationChangeIn):
    """A station to make."""

    name = text(validate=STATION_NAME, required=True)


class EnrolIn(Strict):
    """The code of a station, as it was read out."""

    code = text(validate=validate.Length(min=1, max=40), required=True, load_only=True)


class StationOut(Out):
    """A station; it has a device if it was enrolled, and lets nobody in once it is revoked."""

    id = fields.UUID()
    name = fields.String()
    equipment = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    theme = fields.String(allow_none=True)
    scanner_gap_ms = fields.Integer(allow_none=True)
    scanner_prefix = fields.String(allow_none=True)
    roles = fields.List(fields.String(), allow_none=True)
    revision = fields.Integer()
    created = fields.DateTime()
    created_by = fields.String()
    code_expires = fields.DateTime(allow_none=True)
    enrolled = fields.DateTime(allow_none=True)
    revoked = fields.DateTime(allow_none=True)


class StationMadeOut(StationOut):
    """A station with the code that enrols its device, told once."""

    code = fields.String(allow_none=True)


_NUMBERS = {
    name: fields.Integer(strict=True, validate=validate.Range(*bounds))
    for name, bounds in BOUNDS.items()
}
_CHOICES = [field.name for field in fields_of(SiteSettings) if field.name not in BOUNDS]
SettingsIn = Strict.from_dict(
    {**{name: YesNo() for name in _CHOICES}, **_NUMBERS}, name="SettingsIn"
)
SettingsOut = Out.from_dict(
    {**{name: fields.Boolean() for name in _CHOICES}, **{n: fields.Integer() for n in BOUNDS}},
    name="SettingsOut",
)
