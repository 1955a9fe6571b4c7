"""What a file is, told by its bytes, whatever its name says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.records.content import Content, FileRefused, recognise
from tests.support.pictures import HTML, PDF, SVG, gif, jpeg, png, webp


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (png(), "shaft.png", Content("shaft.png", "image/png", 4, 3)),
        (jpeg(), "IMG_0042.JPG", Content("IMG_0042.JPG", "image/jpeg", 4, 3)),
        (jpeg(comment=HTML), "a.jpeg", Content("a.jpeg", "image/jpeg", 4, 3)),
        (gif(), "a.gif", Content("a.gif", "image/gif", 4, 3)),
        (webp("VP8X"), "a.webp", Content("a.webp", "image/webp", 4, 3)),
        (webp("VP8L"), "a.webp", Content("a.webp", "image/webp", 4, 3)),
        (webp("VP8 "), "a.webp", Content("a.webp", "image/webp", 4, 3)),
        (PDF, "cert 3.1.pdf", Content("cert 3.1.pdf", "application/pdf")),
        ("Ø 25,0 µm\n".encode(), "note.txt", Content("note.txt", "text/plain")),
        (b"G01 X25 F0.2\r\nM30\r\n", "O1000.NC", Content("O1000.NC", "text/plain")),
        (b"d;25,31\n\xb5m;7", "MESSUNG.CSV", Content("MESSUNG.CSV", "text/csv")),
    ],
)
def test_what_is_kept_is_told_by_its_bytes(data: bytes, name: str, found: Content) -> None:
    assert recognise(data, name) == found


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", "file.png"),
        ("photo", "photo.png"),
        (r"C:\Users\ana\shaft.png", "shaft.png"),
        ("../../etc/shaft.png", "shaft.png"),
        ("sha\u202eft\n\0.png", "shaft.png"),
        ("shaft.jpg", "shaft.png"),
        (" .png", "png.png"),
        ("x" * 300 + ".png", "x" * 190 + ".png"),
    ],
)
def test_a_name_is_safe_and_says_what_the_file_is(name: str, shown: str) -> None:
    assert recognise(png(), name).name == shown


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (HTML, "shaft.png", "holds a web page, SVG or XML"),
        (b"\xef\xbb\xbf  " + HTML, "note.txt", "holds a web page"),
        (b"a;b\n1;<ScRiPt >x</script>", "a.csv", "holds a web page"),
        (SVG, "logo.svg", "holds a web page, SVG or XML"),
        (b"<?xml version='1.0'?><x/>", "a.txt", "holds a web page, SVG or XML"),
        (PDF, "shaft.png", "shaft.png is not what its name says: it holds application/pdf"),
        (png(), "shaft.pdf", "is not what its name says: it holds image/png"),
        (png(), "shaft.html", "is not what its name says"),
        (png(), "setup.exe", "is not what its name says"),
        (b"echo 1", "run.bat", "is not what its name says: it holds text/plain"),
        (b"MZ\x90\0", "a.png", "holds a program"),
        (b"#!/bin/sh\nrm -rf /", "a.txt", "holds a program"),
        (b"PK\x03\x04\0\0", "a.xlsx", "save it as PDF"),
        (b"\xd0\xcf\x11\xe0\0", "a.doc", "save it as PDF"),
        (b"\0\0\0\x18ftypheic\0", "IMG_1.HEIC", "save it as JPEG"),
        (b"\0\0\0\x18ftypmp42\0", "a.mp4", "take a photo instead"),
        (b"II*\0\0", "scan.tif", "save it as PNG"),
        (b"\x01\x02\x03", "a.bin", "holds something unknown. Kept are pictures"),
        (b"", "a.txt", "a.txt is empty."),
        (b"GIF89a=1;alert(document.cookie)//", "a.gif", "at most 64 million"),
        (b"GIF89a", "a.gif", "is no whole image/gif"),
        (png()[:30], "a.png", "is no whole image/png"),
        (png()[:20] + b"\0\0\x40\0" + png()[24:], "a.png", "is no whole image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "a.jpg", "is no whole image/jpeg"),
        (b"\xff\xd8\xff\xda\0\x02", "a.jpg", "is no whole image/jpeg"),
        (webp()[:24], "a.webp", "is no whole image/webp"),
        (png(100_000, 100_000), "a.png", "100000 × 100000 pixels"),
        (png(64_000, 1_000), "a.png", "64000 × 1000 pixels"),
        (jpeg(65_000, 65_000), "a.jpg", "at most 64 million"),
        (png(0, 3), "a.png", "is no whole image/png"),
    ],
)
def test_what_is_not_kept_is_refused_with_the_cure(data: bytes, name: str, said: str) -> None:
    with pytest.raises(FileRefused) as refused:
        recognise(data, name)
    assert said in refused.value.detail


@given(st.binary(max_size=200), st.sampled_from([b"", png()[:8], b"\xff\xd8\xff", b"GIF89a"]))
def test_any_bytes_are_told_or_refused(data: bytes, begins: bytes) -> None:
    try:
        found = recognise(begins + data, "a")
    except FileRefused:
        return
    assert found.name
