"""Do two trees mean the same? `==` asks that too, but it recurses, and trees may be deeper than Python goes."""

from __future__ import annotations

from dataclasses import fields

from rtj.lang import syntax as s


def same(one: object, other: object) -> bool:
    """Equal but for what takes no part in comparisons: places, and whether a text stood in quotes."""
    todo: list[tuple[object, object]] = [(one, other)]
    while todo:
        left, right = todo.pop()
        if left is right:
            continue
        if type(left) is not type(right):
            return False
        if isinstance(left, tuple) and isinstance(right, tuple):
            if len(left) != len(right):
                return False
            todo += zip(left, right, strict=True)
        elif isinstance(left, s.Spanned):
            todo += [(getattr(left, name), getattr(right, name)) for name in _compared(type(left))]
        elif left != right:
            return False
    return True


_columns: dict[type, tuple[str, ...]] = {}  # one entry for each class of trees


def _compared(kind: type[s.Spanned]) -> tuple[str, ...]:
    if kind not in _columns:
        _columns[kind] = tuple(column.name for column in fields(kind) if column.compare)
    return _columns[kind]
