"""All codes of diagnostics: code -> (name, what it means). Published once, never reused, sorted by code.

E0xx YAML · E1xx structure · E2xx graph · E3xx names, types and phrases · E4xx messages · E5xx change · E6xx tests ·
W8xx YAML that reads otherwise than it looks · W9xx hygiene.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    "E001": ("yaml-syntax", "the file is not YAML that can be read"),
    "E002": ("duplicate-key", "a key stands twice in one mapping"),
    "E003": ("tab", "a tab where YAML wants spaces"),
    "E004": ("alias", "an alias, merge key or tag that is refused"),
    "E005": ("too-big", "a file, a nesting or an expansion over its limit"),
    "E006": ("braces", "a value that begins with `{{` and is not quoted"),
    "E007": ("not-text", "bytes that are not UTF-8, or control characters"),
    "E008": ("empty-file", "a file with nothing in it"),
    "E101": ("unknown-key", "a key that has no meaning here"),
    "E102": ("missing-key", "a key without which the rest has no meaning"),
    "E103": ("wrong-kind", "a text, a list or a mapping where another of the three belongs"),
    "E104": ("exclusive-keys", "keys that cannot stand together"),
    "E105": ("bad-value", "a value that is not one of those allowed here"),
    "E106": ("bad-name", "a name that is not an identifier"),
    "E107": ("include", "a file named by `include` that is missing, or that includes itself"),
    "E301": ("phrase-syntax", "a phrase that the grammar does not take"),
    "E302": ("too-deep", "an expression nested deeper than its limit"),
    "E303": ("bad-literal", "a date, time or number that does not exist"),
    "E304": ("repeated-clause", "a clause that stands twice in one pattern"),
    "W801": ("comment-in-value", "a ` #` that probably belongs to the text before it"),
}
