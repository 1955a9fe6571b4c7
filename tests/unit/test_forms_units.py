"""Conversion against factors written down here by hand, independently of the product's table."""

from decimal import Decimal, getcontext, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import ucum, units
from forms.errors import UnitMismatch, UnitUnknown

# In the unit that comes first. Sources: the SI brochure; NIST SP 811 appendix B for inch and pound.
SAME = {
    "m": {"mm": "1/1000", "um": "1/1000000", "cm": "1/100", "km": "1000", "[in_i]": "0.0254",
          "[ft_i]": "0.3048", "[mil_i]": "0.0000254", "[yd_i]": "0.9144", "nm": "1/1000000000"},
    "g": {"kg": "1000", "mg": "1/1000", "t": "1000000", "[lb_av]": "453.59237",
          "[oz_av]": "28.349523125"},
    "s": {"min": "60", "h": "3600", "d": "86400", "ms": "1/1000", "wk": "604800"},
    "Pa": {"bar": "100000", "mbar": "100", "kPa": "1000", "N/mm2": "1000000", "MPa": "1000000",
           "atm": "101325"},
    "N": {"kN": "1000", "[lbf_av]": "4.4482216152605", "kgf": "9.80665", "dyn": "1/100000"},
    "N.m": {"N.cm": "1/100", "kN.m": "1000", "J": "1", "W.s": "1", "kW.h": "3600000",
            "[in_i].[lbf_av]": "0.1129848290276167"},
    "m2": {"mm2": "1/1000000", "cm2": "1/10000", "har": "10000", "[sin_i]": "0.00064516"},
    "L": {"mL": "1/1000", "dm3": "1", "m3": "1000", "cm3": "1/1000", "[gal_us]": "3.785411784"},
    "m/s": {"km/h": "5/18", "m/min": "1/60", "mm/s": "1/1000"},
    "Hz": {"/min": "1/60", "kHz": "1000", "s-1": "1", "{rev}/min": "1/60"},
    "deg": {"'": "1/60", "''": "1/3600", "gon": "9/10", "circ": "360"},
    "V": {"mV": "1/1000", "kV": "1000", "W/A": "1", "A.Ohm": "1"},
    "A": {"mA": "1/1000", "C/s": "1", "V/kOhm": "1/1000"},
    "W": {"kW": "1000", "V.A": "1", "[HP]": "745.69987158227022"},
    "1": {"%": "1/100", "{pcs}": "1", "[ppm]": "1/1000000"},
    "kg/m3": {"g/cm3": "1000", "g/L": "1"},
}  # fmt: skip
PAIRS = [
    (one, other, Fraction(factors[one]) / Fraction(factors[other]))
    for base, listed in SAME.items()
    for factors in [{base: "1", **listed}]
    for one in factors
    for other in factors
]
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9)


def is_finite_decimal(number: Fraction) -> bool:
    rest = number.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1


@given(AMOUNTS, st.sampled_from(PAIRS))
def test_a_conversion_is_exact_wherever_a_decimal_can_be(
    value: Decimal, pair: tuple[str, str, Fraction]
) -> None:
    source, target, ratio = pair
    wanted = Fraction(value) * ratio
    got = Fraction(units.convert(value, source, target))
    if is_finite_decimal(wanted):
        assert got == wanted
    else:
        assert abs(got - wanted) <= abs(wanted) / 10**33


@pytest.mark.parametrize(("source", "target", "ratio"), PAIRS)
def test_one_of_each_unit(source: str, target: str, ratio: Fraction) -> None:
    got = Fraction(units.convert(Decimal(1), source, target))
    assert got == ratio or (not is_finite_decimal(ratio) and abs(got - ratio) < ratio / 10**33)


@given(AMOUNTS, st.sampled_from([p for p in PAIRS if is_finite_decimal(p[2])]))
def test_there_and_back_is_the_same(value: Decimal, pair: tuple[str, str, Fraction]) -> None:
    source, target, _ = pair
    assert units.convert(units.convert(value, source, target), target, source) == value


@given(AMOUNTS)
def test_the_caller_s_decimal_context_changes_nothing(value: Decimal) -> None:
    wanted = units.convert(value, "[in_i]", "mm")
    with localcontext() as context:
        context.prec = 3
        assert units.convert(value, "[in_i]", "mm") == wanted
    assert getcontext().prec == 28


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        ("25.310", "mm", "mm", "25.310"),
        ("25.310", "mm", "m", "0.025310"),
        ("25.31", "m", "mm", "25310"),
        ("1.50", "[in_i]", "mm", "38.100"),
        ("120", "s", "min", "2"),
        ("1500", "rpm", "Hz", "25"),
        ("12", "{pcs}", "1", "12"),
        ("1", "mm", "[in_i]", "0.03937007874015748031496062992125984"),
        ("1E+50", "m", "mm", "1E+53"),
        ("180", "deg", "rad", "3.141592653589793238462643383279503"),
        ("1", "mm[Hg]", "Pa", "133.322"),
    ],
)
def test_the_digits_given_are_kept(value: str, source: str, target: str, wanted: str) -> None:
    assert str(units.convert(Decimal(value), source, target)) == wanted


@pytest.mark.parametrize(
    ("value", "source", "target", "wanted"),
    [
        ("100", "Cel", "[degF]", "212"),
        ("37.0", "Cel", "[degF]", "98.6"),
        ("-40", "[degF]", "Cel", "-40"),
        ("0", "K", "Cel", "-273.15"),
        ("20.0", "Cel", "K", "293.15"),
        ("491.67", "[degR]", "Cel", "0.00"),
        ("21500", "mCel", "Cel", "21.5"),
        ("50", "[degF]", "K", "283.15"),
    ],
)
def test_a_temperature_is_shifted(value: str, source: str, target: str, wanted: str) -> None:
    assert str(units.convert(Decimal(value), source, target)) == wanted


@given(AMOUNTS)
def test_a_temperature_comes_back(value: Decimal) -> None:
    fahrenheit = units.convert(value, "Cel", "[degF]")
    assert Fraction(fahrenheit) == Fraction(value) * 9 / 5 + 32
    assert units.convert(fahrenheit, "[degF]", "Cel") == value


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("mm", "mm"), (" mm ", "mm"),
        ("°C", "Cel"), ("°F", "[degF]"), ("Nm", "N.m"), ("N·m", "N.m"),
        ("pcs", "{pcs}"), ("pcs/h", "{pcs}/h"), ("in", "[in_i]"), ("inch", "[in_i]"),
        ("ft/min", "[ft_i]/min"), ("rpm", "/min"), ("µm", "um"), ("\u03bcm", "um"),
        ("k\u2126", "kOhm"), ("m²", "m2"), ("m³/h", "m3/h"), ("lb", "[lb_av]"), ("mmHg", "mm[Hg]"),
        ("kWh", "kW.h"), ("°", "deg"), ("ft", "[ft_i]"), ("kgf", "kgf"), ("kp", "kgf"),
    ],
)  # fmt: skip
def test_what_people_write_has_a_code(spelling: str, code: str) -> None:
    assert units.canonical(spelling) == code
    assert units.canonical(code) == code


@pytest.mark.parametrize(
    "text",
    ["", " ", "furlong", "mmm", "k[in_i]", "kmin", "Cel/min", "/Cel", "Cel2", ".m", "m.", "m//s",
     "10.m", "11", "1m", "(m)", "m/(s.K)", "pcs2", "{a", "{a b}", "m m", "m0", "m10", "MM", "d[pH]",
     ".".join("m" * 26), "*", "\x00", "٣"],
)  # fmt: skip
def test_anything_else_is_no_unit(text: str) -> None:
    assert not units.known(text)
    for use in (
        lambda: units.canonical(text),
        lambda: units.convert(Decimal(1), text, "m"),
        lambda: units.convert(Decimal(1), "m", text),
        lambda: units.same_dimension("m", text),
    ):
        with pytest.raises(UnitUnknown):
            use()


@given(st.text(max_size=60))
def test_any_text_is_a_unit_or_not(text: str) -> None:
    if units.known(text):
        assert units.canonical(units.canonical(text)) == units.canonical(text)


@pytest.mark.parametrize("entry", sorted({*ucum.METRIC, *ucum.PLAIN, *ucum.WHOLE, *ucum.PARTS}))
def test_every_entry_of_the_table_can_be_read(entry: str) -> None:
    assert units.known(entry)
    assert units.same_dimension(entry, units.canonical(entry))


@pytest.mark.parametrize("prefix", sorted(ucum.PREFIXES))
def test_every_prefix_is_a_power_of_ten(prefix: str) -> None:
    assert units.convert(Decimal(1), f"{prefix}N", "N") == Decimal(10) ** ucum.PREFIXES[prefix]


def test_units_of_different_kinds_do_not_mix() -> None:
    assert units.same_dimension("N/mm2", "bar")
    assert not units.same_dimension("mm", "mm2")
    assert not units.same_dimension("B", "1")
    with pytest.raises(UnitMismatch) as refused:
        units.convert(Decimal(1), "kg", "mm")
    assert "kg" in str(refused.value)
    assert "mm" in str(refused.value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_only_finite_amounts_are_converted(value: str) -> None:
    with pytest.raises(ValueError, match="not finite"):
        units.convert(Decimal(value), "m", "mm")
