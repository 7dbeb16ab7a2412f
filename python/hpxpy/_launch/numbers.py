"""Numbers on the command line, for argparse: the error shows what was given."""

# SPDX-License-Identifier: BSL-1.0
import argparse
import math
import re


def whole(text, least=1):
    number = int(text) if re.fullmatch(r"\+?[0-9]+", text) else None
    if number is None or number < least:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} on")
    return number


def above_zero(text, what="a number", most=1e300):
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what} above 0")
    return number


def seconds(text):
    return above_zero(text, "a number of seconds", math.inf)
