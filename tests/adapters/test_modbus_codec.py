"""Every type in every order, where values lie, and what is read together."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.machines.core import AddressInvalid, Tag, Value
from adapters.machines.protocols.blocks import plan
from adapters.machines.protocols.codec import FORMATS, ORDERS, decode, encode, place

LIMITS = {
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}


@pytest.mark.parametrize(
    ("order", "registers"),
    [
        ("ABCD", [0x42F7, 0x1234]),
        ("CDAB", [0x1234, 0x42F7]),
        ("BADC", [0xF742, 0x3412]),
        ("DCBA", [0x3412, 0xF742]),
    ],
)
def test_the_four_orders_of_a_number(order: str, registers: list[int]) -> None:
    [expected] = struct.unpack(">f", bytes.fromhex("42F71234"))
    tag = Tag("t", "holding:0", "float32", order)
    assert decode(tag, registers) == (expected, None)
    assert encode(tag, expected) == registers


def test_the_orders_of_a_long_number_are_those_of_its_words_and_bytes() -> None:
    number = 0x0102030405060708
    words = {order: encode(Tag("t", "holding:0", "uint64", order), number) for order in ORDERS}
    assert words == {
        "ABCD": [0x0102, 0x0304, 0x0506, 0x0708],
        "CDAB": [0x0708, 0x0506, 0x0304, 0x0102],
        "BADC": [0x0201, 0x0403, 0x0605, 0x0807],
        "DCBA": [0x0807, 0x0605, 0x0403, 0x0201],
    }


@given(st.sampled_from(sorted(LIMITS)), st.sampled_from(ORDERS), st.data())
def test_whole_numbers_come_back(kind: str, order: str, data: st.DataObject) -> None:
    number = data.draw(st.integers(*LIMITS[kind]))
    tag = Tag("t", "holding:0", kind, order)
    assert decode(tag, encode(tag, number)) == (number, None)


@given(st.sampled_from(ORDERS), st.floats(allow_nan=False, allow_infinity=False))
def test_real_numbers_come_back(order: str, number: float) -> None:
    tag = Tag("t", "holding:0", "float64", order)
    assert decode(tag, encode(tag, number)) == (number, None)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_has_no_value(value: float) -> None:
    tag = Tag("t", "holding:0", "float32")
    assert decode(tag, encode(tag, value)) == (None, "nan")


@pytest.mark.parametrize("order", ORDERS)
def test_a_text_comes_back(order: str) -> None:
    tag = Tag("t", "holding:0", "string", order, length=6)
    assert decode(tag, encode(tag, "PRESS-01 ü")) == ("PRESS-01 ü", None)
    plain = Tag("t", "holding:0", "string", length=2)
    assert decode(plain, [0x4142, 0x4300]) == ("ABC", None)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("uint16", -1), ("int16", 40_000), ("uint16", 1.5), ("uint32", "7"), ("uint16", None)],
)
def test_a_value_that_does_not_fit_is_refused(kind: str, value: Value) -> None:
    with pytest.raises(ValueError, match=r"fit|number"):
        encode(Tag("t", "holding:0", kind), value)


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        (Tag("t", "40001"), "40001 is written holding:0 here"),
        (Tag("t", "30010"), "written input:9 here"),
        (Tag("t", "holding"), "is no Modbus address"),
        (Tag("t", "holding:65536"), "ends beyond the last register"),
        (Tag("t", "holding:65535", "float32"), "ends beyond the last register"),
        (Tag("t", "holding:1.16"), "expected 0 to 15"),
        (Tag("t", "holding:1", "bool"), "name the bit"),
        (Tag("t", "coil:1", "uint16"), "its type is bool"),
        (Tag("t", "holding:1", "float16"), "is none of"),
        (Tag("t", "holding:1", "float32", "AB"), "is none of ABCD"),
        (Tag("t", "holding:1", "string"), "length in registers"),
        (Tag("t", "input:1", writable=True), "cannot be written"),
        (Tag("t", "holding:1.3", writable=True), "use a coil"),
    ],
)
def test_a_wrong_tag_is_refused_with_the_cure(tag: Tag, message: str) -> None:
    with pytest.raises(AddressInvalid, match=message):
        place(tag)


def tags(*addresses: int, kind: str = "uint16") -> list[Tag]:
    return [Tag(f"t{address}", f"holding:{address}", kind) for address in addresses]


def stretches(found: list[Tag], **options: int) -> list[tuple[int, int]]:
    return [(block.start, block.count) for block in plan(found, **options)]


def test_what_lies_close_is_read_together() -> None:
    assert stretches(tags(0, 17, 40)) == [(0, 18), (40, 1)]
    assert stretches(tags(0, 17, 40), gap=0) == [(0, 1), (17, 1), (40, 1)]


def test_a_request_has_at_most_125_registers_and_splits_no_value() -> None:
    numbers = tags(*range(0, 260, 2), kind="float32")
    assert stretches(numbers) == [(0, 124), (124, 124), (248, 12)]
    assert stretches(tags(0, 1, 2, 3), max_words=4, gap=0) == [(0, 4)]


@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from(sorted(FORMATS))), min_size=1, max_size=40
    )
)
def test_every_value_lies_whole_in_one_request(spots: list[tuple[int, str]]) -> None:
    every = [Tag(f"t{n}", f"holding:{at}", kind) for n, (at, kind) in enumerate(spots)]
    blocks = plan(every, max_words=20)
    assert sorted(t.name for b in blocks for t in b.tags()) == sorted(t.name for t in every)
    for block in blocks:
        assert block.count <= 20
        for slot in block.slots:
            spot = place(slot.tag)
            assert spot.address == block.start + slot.offset
            assert slot.offset + spot.words <= block.count
