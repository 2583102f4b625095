"""The functions that make texts comparable which mean the same person."""

from __future__ import annotations

from rtj.ir.signatures import NUMBER, STRING, Function, Param, one

_TEXT = Param("text", STRING)

MATCHING = (
    Function(
        "left",
        one(STRING, _TEXT, Param("length", NUMBER)),
        "null",
        "The first `length` code points of the text, cut to a whole number; all of it when it is shorter.",
        (("left('journey', 3)", "'jou'"), ("left('日本語', 2)", "'日本'"), ("left('ab', 9)", "'ab'"), ("left('ab', -1)", "''")),
    ),
    Function(
        "fold",
        one(STRING, _TEXT),
        "null",
        "The text for comparing: without case, accents and the width of letters, white space in one blank, none at the ends.",
        (
            ("fold(' Søren  MÜLLER ')", "'soren muller'"),
            ("fold('Ａｄａ')", "'ada'"),
            ("fold('東京')", "'東京'"),
            ("fold(null)", "null"),
        ),
    ),
    Function(
        "digits",
        one(STRING, _TEXT),
        "null",
        "The decimal digits of the text, of any script, as 0 to 9.",
        (("digits('+49 (30) 12-34')", "'49301234'"), ("digits('٣٤')", "'34'"), ("digits('none')", "''")),
    ),
    Function(
        "sorted_words",
        one(STRING, _TEXT),
        "null",
        "The words of the text (letters and digits), folded, in alphabetical order, so that it is the same which comes first.",
        (("sorted_words('Lovelace, Ada')", "'ada lovelace'"), ("sorted_words('--')", "''")),
    ),
    Function(
        "soundex",
        one(STRING, _TEXT),
        "null",
        "How a name sounds in English: American Soundex as the National Archives of the United States define it, a letter and "
        "three digits, after folding. Empty without a letter; a text that begins in another script keeps its folded letters.",
        (
            ("soundex('Robert')", "'R163'"),
            ("soundex('Ashcraft')", "'A261'"),
            ("soundex('Tymczak')", "'T522'"),
            ("soundex('李')", "'李'"),
        ),
    ),
)
