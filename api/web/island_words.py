"""The words that the islands say: diagram viewer and routing editor."""

from api.web.language import gettext


def island_words() -> dict[str, str]:
    """Each message beside what it is in the language of the request."""
    return {text: gettext(text) for text in ISLAND_WORDS}


ISLAND_WORDS: tuple[str, ...] = ()
