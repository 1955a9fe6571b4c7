"""Users, tokens and the audit trail."""

from typing import Any

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, PageQuery, Strict, Variables, YesNo, text, wanted

ROLES = fields.List(fields.String())
BADGE = validate.Length(min=1, max=64)
FULL_NAME = validate.Length(min=1, max=100)
# Source: BCP 47, a language and at most one subtag.
LANGUAGE = validate.Regexp(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")
LOOKS = validate.OneOf(("light", "dark"))


class Secret(fields.String):
    """A password as it is typed; too long a one is no password, and costs nothing."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("validate", validate.Length(max=1000))
        super().__init__(load_only=True, **options)


class PinField(fields.String):
    """A PIN as it is typed; whether it may be one is asked where it is set."""

    def __init__(self, **options: Any) -> None:
        super().__init__(load_only=True, validate=validate.Length(max=40), **options)


class Personal(Strict):
    """What is known of a person; null takes it away."""

    full_name = text(validate=FULL_NAME, allow_none=True)
    language = fields.String(validate=LANGUAGE, allow_none=True)
    theme = fields.String(validate=LOOKS, allow_none=True)
    badge = text(validate=BADGE, allow_none=True, load_only=True)
    pin = PinField(allow_none=True)


class UserIn(Personal):
    """A user to add."""

    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    password = fields.String(load_default=None, allow_none=True, load_only=True)


class UserChangeIn(Personal):
    """What to change of a user."""

    roles = fields.List(fields.String())
    active = YesNo()
    password = fields.String(load_only=True)
    locked = YesNo(
        validate=validate.Equal(False, error="Nobody is locked by hand; write false to free them.")
    )


class PasswordIn(Strict):
    """A new password; who sets their own says the present one, too."""

    current = Secret()
    new = fields.String(required=True, load_only=True)


class PinIn(Strict):
    """A new PIN; who sets their own says their password, too."""

    password = Secret()
    new = PinField(required=True)


class UserOut(Out):
    """A user; of password, badge and PIN only whether there is one."""

    name = fields.String()
    full_name = fields.String(allow_none=True)
    roles = ROLES
    active = fields.Boolean()
    language = fields.String(allow_none=True)
    theme = fields.String(allow_none=True)
    password_set = fields.Boolean()
    badge_set = fields.Boolean()
    pin_set = fields.Boolean()
    locked_until = fields.DateTime(allow_none=True)
    revision = fields.Integer()
    created = fields.DateTime()


class TokenIn(Strict):
    """A token to make; without a user it acts for itself."""

    roles = fields.List(fields.String(), required=True)
    user = fields.String(load_default=None, allow_none=True)
    expires_days = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 3650)
    )


class TokenRowOut(Out):
    """A token without its secret."""

    id = fields.UUID()
    user = fields.String(allow_none=True)
    roles = ROLES
    created = fields.DateTime()
    created_by = fields.String()
    expires = fields.DateTime(allow_none=True)
    revoked = fields.DateTime(allow_none=True)


class TokenMadeOut(TokenRowOut):
    """A new token with its secret, told once."""

    token = fields.String(allow_none=True)


class AuditQuery(PageQuery):
    """Filters of the audit trail."""

    actor = wanted()
    action = wanted()
    subject = wanted()
    since = fields.DateTime(load_default=None)


class AuditOut(Out):
    """Who did what to which thing."""

    id = fields.String()
    at = fields.DateTime()
    actor = fields.String()
    action = fields.String()
    subject = fields.String()
    detail = Variables(allow_none=True)
