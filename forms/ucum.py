"""The units people use on a shop floor, each in terms of others: data only, read by `units.py`.

Source: UCUM 2.1; every entry was compared with ucum-essence.xml of release 2.2. `[pH]` and `B` are
logarithmic in UCUM; here they stand for themselves alone and convert only to themselves.
"""

PREFIXES = {
    "Y": 24, "Z": 21, "E": 18, "P": 15, "T": 12, "G": 9, "M": 6, "k": 3, "h": 2, "da": 1,
    "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15, "a": -18, "z": -21, "y": -24,
}  # fmt: skip

BASE = frozenset({"m", "s", "g", "rad", "K", "C", "cd", "B", "[pH]"})

# Those that take a metric prefix, beside BASE ([pH] alone takes none).
METRIC = {
    "sr": "1 rad2",
    "Hz": "1 s-1",
    "N": "1 kg.m/s2",
    "Pa": "1 N/m2",
    "J": "1 N.m",
    "W": "1 J/s",
    "A": "1 C/s",
    "V": "1 J/C",
    "F": "1 C/V",
    "Ohm": "1 V/A",
    "S": "1 Ohm-1",
    "Wb": "1 V.s",
    "T": "1 Wb/m2",
    "H": "1 Wb/A",
    "lm": "1 cd.sr",
    "lx": "1 lm/m2",
    "Cel": "1 K",
    "L": "1 dm3",
    "l": "1 dm3",
    "ar": "100 m2",
    "t": "1000 kg",
    "bar": "100000 Pa",
    "m[H2O]": "9.80665 kPa",
    "m[Hg]": "133.3220 kPa",
    "[g]": "9.80665 m/s2",
    "gf": "1 g.[g]",
    "dyn": "1 g.cm/s2",
    "erg": "1 dyn.cm",
    "P": "1 dyn.s/cm2",
    "St": "1 cm2/s",
    "G": "0.0001 T",
    "tex": "1 g/km",
}

PLAIN = {
    "%": "0.01 1",
    "[ppth]": "0.001 1",
    "[ppm]": "0.000001 1",
    "[ppb]": "0.000000001 1",
    "min": "60 s",
    "h": "60 min",
    "d": "24 h",
    "wk": "7 d",
    "circ": "6.2831853071795864769252867665590057683943387987502116419498891846 rad",
    "deg": "1/360 circ",
    "gon": "0.9 deg",
    "'": "1/60 deg",
    "''": "1/60 '",
    "[degR]": "5/9 K",
    "[degF]": "5/9 K",
    "[in_i]": "2.54 cm",
    "[ft_i]": "12 [in_i]",
    "[yd_i]": "3 [ft_i]",
    "[mi_i]": "5280 [ft_i]",
    "[mil_i]": "0.001 [in_i]",
    "[sin_i]": "1 [in_i]2",
    "[sft_i]": "1 [ft_i]2",
    "[cin_i]": "1 [in_i]3",
    "[cft_i]": "1 [ft_i]3",
    "[gal_us]": "231 [in_i]3",
    "[qt_us]": "1/4 [gal_us]",
    "[pt_us]": "1/2 [qt_us]",
    "[foz_us]": "1/16 [pt_us]",
    "[gr]": "64.79891 mg",
    "[lb_av]": "7000 [gr]",
    "[oz_av]": "1/16 [lb_av]",
    "[ston_av]": "2000 [lb_av]",
    "[lbf_av]": "1 [lb_av].[g]",
    "[psi]": "1 [lbf_av]/[in_i]2",
    "[HP]": "550 [ft_i].[lbf_av]/s",
    "atm": "101325 Pa",
}

# What is added before the factor applies: kelvin = (value + shift) * factor.
SHIFTS = {"Cel": "273.15", "[degF]": "459.67"}

# Signs that stand for the same in every unit.
SIGNS = {
    "°C": "Cel", "℃": "Cel", "°F": "[degF]", "℉": "[degF]", "°": "deg",
    "\N{MICRO SIGN}": "u", "\N{GREEK SMALL LETTER MU}": "u",
    "\N{OHM SIGN}": "Ohm", "\N{GREEK CAPITAL LETTER OMEGA}": "Ohm",
    "²": "2", "³": "3", "·": ".", "⋅": ".",
}  # fmt: skip

# Spellings of a whole unit, and below of one part. Four hide a UCUM code that no shop floor needs:
# mph and kph (milli- and kilophot), ft (femtotonne), pc (parsec).
WHOLE = {
    "rpm": "/min", "RPM": "/min", "degC": "Cel", "degF": "[degF]",
    "Nm": "N.m", "Ncm": "N.cm", "Nmm": "N.mm", "kNm": "kN.m", "mNm": "mN.m",
    "Wh": "W.h", "kWh": "kW.h", "MWh": "MW.h", "Ah": "A.h", "mAh": "mA.h", "VA": "V.A",
    "kVA": "kV.A", "mph": "[mi_i]/h", "kph": "km/h", "kmh": "km/h",
    "ft-lb": "[ft_i].[lbf_av]", "ft-lbf": "[ft_i].[lbf_av]",
    "in-lb": "[in_i].[lbf_av]", "in-lbf": "[in_i].[lbf_av]",
}  # fmt: skip

PARTS = {
    "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]", "foot": "[ft_i]",
    "feet": "[ft_i]", "yd": "[yd_i]", "mil": "[mil_i]", "thou": "[mil_i]", "micron": "um",
    "lb": "[lb_av]", "lbs": "[lb_av]", "oz": "[oz_av]", "lbf": "[lbf_av]", "kp": "kgf",
    "psi": "[psi]", "mmHg": "mm[Hg]", "gal": "[gal_us]", "hp": "[HP]", "ohm": "Ohm", "ppm": "[ppm]",
    "Kg": "kg", "KG": "kg", "tonne": "t", "sec": "s", "hr": "h", "hour": "h", "hours": "h",
    "day": "d", "days": "d", "pc": "{pcs}", "pcs": "{pcs}", "piece": "{pcs}", "pieces": "{pcs}",
    "ea": "{pcs}", "Stk": "{pcs}", "rev": "{rev}",
}  # fmt: skip
