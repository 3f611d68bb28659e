"""The package of the seed as it is published."""

from __future__ import annotations

from tests.dataflow.samples import MASK, MASK_CASES, PACKAGE

FILES = {
    "sdf-package.yaml": PACKAGE,
    "functions/mask_ssn.py": MASK,
    "functions/mask_ssn.cases.yaml": MASK_CASES,
}
