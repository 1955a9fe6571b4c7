"""What the floor says: reasons to pause, meanings of signatures, and the words of its scripts."""

from api.web.language import gettext as _
from api.web.words import N_

FLOOR_WORDS = (
    N_("In tolerance"),
    N_("Out by {by}"),
    N_("{count} of {all} out, the farthest by {by}"),
    N_("At least {limit}"),
    N_("At most {limit}"),
    N_("Not a number. Write 25.31 or 25,31."),
    N_("Not such a code. Scan the right label."),
    N_("Answer this first."),
    N_("Take {value} from {machine}, {time}"),
    N_("Measured by {machine} at {time}"),
    N_("Draft saved {time}"),
    N_("Draft kept on this device {time}"),
    N_("A draft from {time} was brought back."),
    N_("Discard it"),
    N_("Started"),
    N_("Sending …"),
    N_("Kept. It is sent when the connection is back."),
    N_("The file is not sent yet. It is sent when the connection is back."),
    N_("1 record waits, {time}"),
    N_("{count} records wait, {time}"),
    N_("A record was not accepted"),
    N_("Recorded on this device at {time}. It is sent when the connection is back."),
    N_("All records are sent."),
    N_("Signing needs the connection. What you entered is kept."),
    N_("No connection. Stay on this page; what you entered is kept."),
    N_("Completed: {name}"),
    N_("{time}: you completed {name}."),
    N_("Taken back: {name}"),
    N_("Yours"),
    N_("Recorded"),
    N_("Your entries were not recorded: the task was done meanwhile."),
    N_("Your entries were not accepted: {why}"),
    N_("Put mine aside"),
    N_("Unknown code"),
    N_("Nothing here answers to this code: {code}"),
    N_("There is no open task for {code}."),
    N_("Nothing to do with this card here."),
    N_("No connection: codes cannot be looked up now."),
    N_("Badge read. Now the PIN of its owner."),
    N_("This device is no station. Sign in with name and password."),
    N_("Locked after a while without anybody. Sign in to go on."),
    N_("Badge and PIN do not fit together."),
    N_("Read: {code}"),
    N_("{count} characters in {time} ms: {gap} ms between two"),
    N_("Prefix seen"),
    N_("Yes"),
    N_("No"),
    N_("OK"),
    N_("Not OK"),
    N_("N.A."),
    N_("Reported. Thank you."),
)


def floor_words() -> dict[str, str]:
    """Each message of the floor's scripts beside what it is in the reader's language."""
    return {text: _(text) for text in FLOOR_WORDS}


def pause_reasons() -> list[str]:
    """Why people pause; the word itself is recorded."""
    return [
        _("Break"),
        _("End of shift"),
        _("Material is missing"),
        _("Machine is down"),
        _("Another job first"),
        _("Waiting for somebody"),
    ]


def meaning_of(signature: str | None) -> tuple[str, str]:
    """The meaning of a signature as a word and as the sentence that is signed."""
    words = {
        "performed": (_("performed"), _("I performed this work as recorded here.")),
        "acknowledged": (_("acknowledged"), _("I have read and understood this.")),
        "verified": (_("verified"), _("I checked that this work is as recorded here.")),
        "reviewed": (_("reviewed"), _("I reviewed this record.")),
        "witnessed": (_("witnessed"), _("I saw this work being done as recorded here.")),
        "approved": (_("approved"), _("I approve this.")),
        "released": (_("released"), _("I release this for what follows.")),
    }
    return words.get(signature or "", (signature or "", ""))
