"""Documents from outside: read blindly and within bounds, or refused with a sentence."""

import pytest

from engine.workflow.definition.reading.xml import MAX_BYTES, DocumentRefused, safe_xml

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]><a>&i;</a>"
).encode()
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


def test_what_is_read() -> None:
    root = safe_xml('<a b="ü">x<!-- c -->y<?pi z?><![CDATA[<z>]]>&amp;&#65;<c/></a>'.encode())
    assert (root.tag, root.text, root.get("b"), len(root)) == ("a", "xy<z>&A", "ü", 1)
    assert safe_xml('<?xml version="1.0" encoding="UTF-8"?>\n<a/>'.encode("utf-8-sig")).tag == "a"
    assert safe_xml(b"<a><!-- <!DOCTYPE html> --></a>").tag == "a"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8", "iso-8859-1", "windows-1252"])
def test_the_usual_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding.upper()}"?><a b="Prüfmaß"/>'
    assert safe_xml(text.encode(encoding)).get("b") == "Prüfmaß"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"hello", "not well-formed XML (line 1)"),
        (b"<a>\n<b></a>", "not well-formed XML (line 2)"),
        (b"<a/><b/>", "not well-formed"),
        (b"<a>&x;</a>", "Entity 'x' not defined"),
        (b"<a>\xff</a>", "not well-formed"),
        (b"\xff\xfe<a/>", "not well-formed"),
        (b"<a>\x01</a>", "not well-formed"),
        (b"\xff\xfe<\x00a", "not utf-16"),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-DE"?><a/>', "encoding ebcdic-cp-de"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "DOCTYPE"),
        (XXE, "DOCTYPE"),
        (LAUGHS, "DOCTYPE"),
        (b"<!doctype a><a/>", "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "http://localhost/a.dtd"><a/>', "DOCTYPE"),
        (b"<!-- <b --><!DOCTYPE a><a/>", "DOCTYPE"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', "encoding utf-7"),
        (b"<a>" * 101 + b"</a>" * 101, "nests deeper than 100"),
        (b"<a>" * 5000 + b"</a>" * 5000, "not well-formed"),
        (b"<a>" + b"<b/>" * 20_000 + b"</a>", "more than 20000 elements"),
        (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "more than 20000 elements"),
        (b"<a>" + b"x" * MAX_BYTES + b"</a>", "5.0 MB; at most 5 MB"),
    ],
    ids=range(23),
)
def test_what_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(DocumentRefused) as caught:
        safe_xml(data)
    assert sentence in caught.value.reason
    assert str(caught.value) == caught.value.reason


def test_the_limits_themselves_are_accepted() -> None:
    assert len(safe_xml(b"<a>" + b"<b/>" * 19_999 + b"</a>")) == 19_999
    assert safe_xml(b"<a>" * 100 + b"</a>" * 100).tag == "a"


def test_nothing_is_included_from_elsewhere() -> None:
    include = b'<xi:include href="file:///etc/passwd" parse="text"/>'
    root = safe_xml(b'<a xmlns:xi="http://www.w3.org/2001/XInclude">' + include + b"</a>")
    assert root[0].text is None
