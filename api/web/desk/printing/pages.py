"""What is printed of an instance, as pages of its own: the browser's print makes paper or PDF."""

from typing import Any

from flask import Blueprint
from marshmallow import fields, validate

from api.rest.schemas.basics import Query
from api.web.desk.printing.codes import WORK_ORDER, qr
from api.web.desk.printing.traveller import operations
from api.web.desk.record.story import signatures_of, the_whole
from api.web.desk.record.subject import Subject, subject_of
from api.web.desk.record.values import editables
from api.web.page import Shown, View, page

blueprint = Blueprint("printing", __name__)
ONE = "/instances/<string:instance>"
LARGE, SMALL = "100x60", "50x25"


class LabelQuery(Query):
    """How large, and how many."""

    size = fields.String(load_default=LARGE, validate=validate.OneOf((LARGE, SMALL)))
    copies = fields.Integer(load_default=1, validate=validate.Range(1, 100))


@page(blueprint, ONE + "/traveller", "print/traveller.html")
def traveller(view: View, instance: str) -> Shown:
    """What travels with the parts: the operations, to be scanned and signed off."""
    subject = subject_of(view, instance)
    numbered, others = operations(subject.plan, subject.item["business_key"])
    return _known(subject) | {"operations": numbered, "others": others}


@page(blueprint, ONE + "/label", "print/label.html", query=LabelQuery)
def label(view: View, instance: str) -> Shown:
    """A label for the parts or their box."""
    return _known(subject_of(view, instance)) | {
        "size": view.args["size"],
        "copies": view.args["copies"],
        "sizes": (LARGE, SMALL),
    }


@page(blueprint, ONE + "/print", "print/record.html")
def record(view: View, instance: str) -> Shown:
    """The whole record on paper."""
    subject = subject_of(view, instance)
    entries, whole = the_whole(view, subject)
    return _known(subject) | {
        "entries": [entry for entry in entries if not entry.quiet],
        "signatures": signatures_of(view, subject),
        "variables": editables(subject.item["variables"]),
        "whole": whole,
    }


def _known(subject: Subject) -> dict[str, Any]:
    item = subject.item
    code = f"{WORK_ORDER}{item['business_key']}" if item["business_key"] else item["id"]
    return {"item": item, "subject": subject, "code": code, "qr": qr(code)}
