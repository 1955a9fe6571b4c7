"""The words that scripts say: they are handed over with the page, in its language."""

from api.web.language import gettext


def N_(text: str) -> str:
    """Mark a message for the catalogue; it is translated when it is handed over."""
    return text


SCRIPT_WORDS = (
    N_("Saved"),
    N_("Not saved"),
    N_("No connection. What you entered is kept here; try again when the connection is back."),
    N_("No connection since {time}"),
    N_("Updated {time}"),
    N_("You were signed out. Sign in again; what you entered is kept."),
    N_("Something went wrong here; it was logged. Nothing was changed."),
    N_("Somebody changed this meanwhile. Nothing of yours is lost; load it again to see theirs."),
    N_("Undo"),
    N_("Try again"),
    N_("Close"),
    N_("Load again"),
    N_("Converted. Look at what could not be carried over, then upload."),
    N_("“{text}” is not a number."),
    N_("This is not JSON."),
    N_("{done} of {all}"),
    N_("This leaves work behind that runs side by side with it:"),
    N_("s"),
    N_("min"),
    N_("h"),
    N_("d"),
)


def script_words() -> dict[str, str]:
    """Each message beside what it is in the language of the request."""
    return {text: gettext(text) for text in SCRIPT_WORDS}
