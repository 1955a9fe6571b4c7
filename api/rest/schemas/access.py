"""Users, tokens and the audit trail."""

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, PageQuery, Strict, Variables, YesNo, wanted

ROLES = fields.List(fields.String())


class UserIn(Strict):
    """A user to add."""

    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True)
    password = fields.String(load_default=None, allow_none=True, load_only=True)


class UserChangeIn(Strict):
    """What to change of a user."""

    roles = fields.List(fields.String())
    active = YesNo()
    password = fields.String(load_only=True)


class UserOut(Out):
    """A user; of the password only whether there is one."""

    name = fields.String()
    roles = ROLES
    active = fields.Boolean()
    password_set = fields.Boolean()
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
