"""Tokens: what systems and scripts sign in with."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.access import TokenIn, TokenMadeOut, TokenRowOut
from api.rest.schemas.basics import PageQuery, page_of
from engine.access import commands, passwords, queries
from engine.access.permissions import Permission
from engine.kernel.ids import from_text

blueprint = Blueprint("tokens", __name__, description="What systems and scripts sign in with")


@route(
    blueprint,
    "POST",
    "/tokens",
    permission=Permission.TOKEN_MANAGE,
    answer=TokenMadeOut,
    body=TokenIn,
    status=201,
)
def create(call: Call) -> Response:
    """Make a token; its secret is in this answer and nowhere else, not even in a replay of it."""
    secret, digest = passwords.new_secret()
    return call.run(
        commands.create_token,
        secret_digest=digest,
        shown=lambda item: item | {"token": secret},
        kept=lambda item: item | {"token": None},
        **call.body,
    )


@route(
    blueprint,
    "GET",
    "/tokens",
    permission=Permission.READ,
    answer=page_of(TokenRowOut),
    query=PageQuery,
)
def list_tokens(call: Call) -> Response:
    """Tokens, newest first, without their secrets."""
    return call.answer(call.read(queries.tokens, site=call.actor.site, **call.args))


@route(
    blueprint,
    "DELETE",
    "/tokens/<string:token>",
    permission=Permission.TOKEN_MANAGE,
    answer=TokenRowOut,
)
def revoke(call: Call, token: str) -> Response:
    """Revoke a token, at once."""
    response = call.run(commands.revoke_token, token=from_text(token, "token"))
    call.callers.forget()
    return response
