"""All kinds of hostile deliveries, by theme. The table in the documentation is written from them."""

from __future__ import annotations

import hostile_bags
import hostile_changing
import hostile_contents
import hostile_names
import hostile_spreadsheets
import hostile_tables
import hostile_trees

GROUPS = (
    ("Names", hostile_names.CASES),
    ("Trees", hostile_trees.CASES),
    ("Deliveries that change or cannot be read", hostile_changing.CASES),
    ("Bags", hostile_bags.CASES),
    ("Contents", hostile_contents.CASES),
    ("Tables", (*hostile_tables.CASES, *hostile_spreadsheets.CASES)),
)

CASES = tuple(case for _, cases in GROUPS for case in cases)
