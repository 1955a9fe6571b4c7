"""What was answered at a task: read by its form, with files that are there."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from engine.records import files
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.tree import Token
from engine.workflow.execution.values import clean
from forms.compiler import Form
from forms.errors import FormInvalid, pointer
from forms.fields import FieldType, FormField


class FormRefused(Invalid):
    """Answers that the form does not accept."""

    code = "form-invalid"
    title = "The form is not filled in correctly"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered.

    Args:
        variables: to write.
        further: to record besides.
        files: the field's key and the id of each file among the answers.
        form: what asked, or None where any answer is a variable.
        automatic: by field, which measurement of a machine the answer is.
    """

    variables: Variables
    further: Variables = field(default_factory=dict)
    files: tuple[tuple[str, bytes], ...] = ()
    form: Form | None = None
    automatic: Variables | None = None

    @property
    def whole(self) -> Variables:
        """Every answer by the key of its field."""
        if self.form is None:
            return self.variables
        return self.further | {
            f.key: self.variables[f.key]
            for f in self.form.fields
            if f.variable == f.key and f.key in self.variables
        }


def read_answers(uow: Uow, token: Token, given: Mapping[str, object], site: int) -> Answers:
    """What is answered at the task of a token.

    Raises:
        FormRefused: with a problem per field; a file must be there, and be what the field asks for.
        VariablesRefused: for values that cannot be kept.
    """
    form = token.workflow.plan.forms.get(token.node.work.form or "")
    if form is None:
        return Answers(clean(given))
    try:
        answers = form.load(given)
    except FormInvalid as refused:
        raise _refused([FieldProblem(e.pointer, e.detail) for e in refused.errors]) from None
    found = _files(uow, form, answers, site)
    further = {key: answers[key] for key in answers if key in form.recorded}
    return Answers(clean(form.variables(answers)), clean(further), found, form)


def attach_files(uow: Uow, answers: Answers, subjects: list[str], actor: Actor) -> None:
    """Note for which task and instance the files among the answers were given."""
    for key, file in answers.files:
        files.attach(uow, file=file, subjects=subjects, place=key, actor=actor)


def _files(
    uow: Uow, form: Form, answers: Mapping[str, object], site: int
) -> tuple[tuple[str, bytes], ...]:
    asked = [each for each in form.file_fields if each.key in answers]
    given = [(each, from_text(str(answers[each.key]), "file")) for each in asked]
    problems = [
        FieldProblem(pointer("variables", each.key), wrong)
        for each, file in given
        if (wrong := _wrong(uow, each, file, site))
    ]
    if problems:
        raise _refused(problems)
    return tuple((each.key, file) for each, file in given)


def _wrong(uow: Uow, asked: FormField, file: bytes, site: int) -> str | None:
    found = files.find(uow, file=file, site=site)
    if found is None:
        return "There is no such file. Upload it first, then answer with the id it got."
    if asked.type is FieldType.PHOTO and not found.is_image:
        return f"Expected a picture, but {found.name} is {found.media_type}. Take a photo instead."
    return None


def _refused(problems: list[FieldProblem]) -> FormRefused:
    return FormRefused("Some answers cannot be accepted.", errors=problems)
