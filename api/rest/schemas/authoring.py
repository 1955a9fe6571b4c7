"""What the editor asks for and gets."""

from marshmallow import fields

from api.rest.schemas.basics import Out, chosen
from api.rest.schemas.processes import STATES, FindingOut


class CheckedOut(Out):
    """What a deployment would find."""

    key = fields.String()
    digest = fields.String()
    findings = fields.List(fields.Nested(FindingOut))


class FileOut(Out):
    """A file of a version."""

    name = fields.String()
    kind = chosen("process", "decision", "form")
    main = fields.Boolean()
    size = fields.Integer()
    media_type = fields.String()


class FilesOut(Out):
    """The files of a version."""

    items = fields.List(fields.Nested(FileOut))


class ChangeOut(Out):
    """One change between two versions."""

    element = fields.String()
    kind = chosen("added", "removed", "changed", "moved")
    subject = chosen(
        *("step", "flow", "condition", "role", "form", "limit", "work", "time", "event", "loop"),
        *("call", "decision", "layout"),
    )
    sentence = fields.String()
    label = fields.String()
    part = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    implied = fields.Boolean()


class ComparedOut(Out):
    """What the newer side changes."""

    changes = fields.List(fields.Nested(ChangeOut))


# ---- conversion ----


class CarriedOut(Out):
    """Something of another tool that works here: into what it was turned."""

    file = fields.String()
    element = fields.String()
    name = fields.String()
    what = fields.String()


class LostOut(CarriedOut):
    """Something of another tool that does not work here, with the cure."""

    cure = fields.String()


class ConvertedFileOut(Out):
    """A file of the bundle that came of a conversion, as text."""

    name = fields.String()
    content = fields.String()


class ConvertedOut(Out):
    """The bundle that came of a conversion; `xml` is its routing, the file called `main`."""

    main = fields.String()
    xml = fields.String()
    files = fields.List(fields.Nested(ConvertedFileOut))
    forms = fields.List(fields.Dict(keys=fields.String()))
    carried = fields.List(fields.Nested(CarriedOut))
    lost = fields.List(fields.Nested(LostOut))
    findings = fields.List(fields.Nested(FindingOut))


# ---- vocabulary ----


class OfferedOut(Out):
    """Something that a version offers; `state` tells whether that version is released."""

    key = fields.String()
    process = fields.String()
    version = fields.Integer()
    state = chosen(*STATES)


class FormFieldOut(Out):
    """A field of a form."""

    key = fields.String()
    type = fields.String()
    label = fields.String()
    unit = fields.String(allow_none=True)
    variable = fields.String(allow_none=True)


class OfferedFormOut(OfferedOut):
    """A form that a user task may name."""

    title = fields.String()
    asked = fields.List(fields.Nested(FormFieldOut), data_key="fields", attribute="fields")


class DecisionInputOut(Out):
    """An input column."""

    label = fields.String()
    expression = fields.String()


class OfferedDecisionOut(OfferedOut):
    """A decision that a business-rule task may name."""

    name = fields.String()
    inputs = fields.List(fields.Nested(DecisionInputOut))
    outputs = fields.List(fields.String())


class OfferedProcessOut(OfferedOut):
    """A process that a call activity may name, if it has a start without a trigger."""

    name = fields.String()
    callable = fields.Boolean()


class FunctionOut(Out):
    """An in-house function with its parameters."""

    name = fields.String()
    says = fields.String()
    parameters = fields.List(fields.String())


class TopicOut(Out):
    """A topic of jobs: who names it, and which workers were seen of late."""

    topic = fields.String()
    actions = fields.List(fields.String())
    processes = fields.List(fields.String())
    workers = fields.List(fields.String())


class TriggerNameOut(Out):
    """A message or signal, who names it, and which processes it starts."""

    name = fields.String()
    kind = chosen("message", "signal")
    processes = fields.List(fields.String())
    starts = fields.List(fields.String())


class VocabularyOut(Out):
    """What a diagram may name."""

    forms = fields.List(fields.Nested(OfferedFormOut))
    decisions = fields.List(fields.Nested(OfferedDecisionOut))
    processes = fields.List(fields.Nested(OfferedProcessOut))
    roles = fields.List(fields.String())
    functions = fields.List(fields.Nested(FunctionOut))
    topics = fields.List(fields.Nested(TopicOut))
    messages = fields.List(fields.Nested(TriggerNameOut))
    errors = fields.List(fields.String())
    equipment = fields.List(fields.String())
    calendars = fields.List(fields.String())
