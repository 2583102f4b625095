"""Functions that make texts comparable which mean the same person: without accents, by sound, whatever the order of words."""

from __future__ import annotations

import re
import unicodedata

# What Unicode does not decompose, though people write it without the mark.
_PLAIN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"})
_ACCENTS = re.compile("[\u0300-\u036f]+")
_CODES = {c: code for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for c in letters}


def fold(text: str) -> str:
    """Without case, accents and the width of letters; white space in one, none at the ends. Marks that are letters of their
    script (Indic vowels, Japanese voicing) stay."""
    if text.isascii():
        return " ".join(text.lower().split())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN)))
    return " ".join(unicodedata.normalize("NFC", bare).translate(_PLAIN).split())


def digits(text: str) -> str:
    """The decimal digits of a text, of any script, as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) for c in text if c.isdecimal())


def sorted_words(text: str) -> str:
    """Folded words (letters and digits) in alphabetical order, one blank between them."""
    return " ".join(sorted("".join(c if c.isalnum() else " " for c in fold(text)).split()))


def soundex(text: str) -> str:
    """American Soundex as the National Archives of the United States define it: a letter and three digits; h and w between two
    letters of one code do not separate them, vowels do. Letters outside a to z count as vowels; without a letter the text is
    empty. A text in another script keeps its folded form, since its sound is not known."""
    letters = [c for c in fold(text) if c.isalpha()]
    if not letters:
        return ""
    if not letters[0].isascii():
        return "".join(letters)
    code, last = letters[0].upper(), _CODES.get(letters[0], 0)
    for letter in letters[1:]:
        number = _CODES.get(letter, 0)
        if number and number != last:
            code += str(number)
            if len(code) == 4:
                break
        if letter not in "hw":
            last = number
    return code.ljust(4, "0")
