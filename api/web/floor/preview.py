"""A form as the floor would show it, for whoever designs one."""

from typing import Any

from flask import Blueprint, Response, render_template, request

from api.web.floor.asked import KNOWN
from engine.access.permissions import Permission
from engine.kernel import json_text
from engine.kernel.errors import FieldProblem, Invalid
from forms.compiler import compile_form
from forms.errors import FormDefinitionInvalid

blueprint = Blueprint("floor_preview", __name__)
MAX_BYTES = 256 * 1024


def preview() -> Response:
    """The HTML of the definition that is sent as JSON; with its problems if it has any."""
    request.max_content_length = MAX_BYTES
    definition = _definition()
    try:
        form = compile_form(definition)
    except FormDefinitionInvalid as refused:
        problems = [FieldProblem(each.pointer, each.message) for each in refused.problems]
        told = "The form cannot be shown as it is defined."
        raise Invalid(told, errors=problems) from None
    return Response(render_template("floor/preview.html", **KNOWN, form=form), mimetype="text/html")


def _definition() -> dict[str, Any]:
    definition = json_text.read_request(request.get_data())
    if not isinstance(definition, dict):
        raise Invalid("Send the definition of one form as a JSON object.")
    return definition


preview.permission = Permission.PROCESS_DEPLOY  # type: ignore[attr-defined]
blueprint.route("/forms/preview", methods=["POST"])(preview)
