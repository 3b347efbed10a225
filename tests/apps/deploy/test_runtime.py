"""A bundle's run.py is one file that Python 3.8, numpy and onnxruntime are enough for."""

import ast
import sys
from pathlib import Path

from apps.deploy import runtime

SOURCE = Path(runtime.__file__).read_text(encoding="utf-8")


def test_python_3_8_parses_it() -> None:
    ast.parse(SOURCE, feature_version=(3, 8))


def test_it_imports_only_the_standard_library_numpy_and_onnxruntime() -> None:
    tree = ast.parse(SOURCE)
    names = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    roots = {name.partition(".")[0] for name in names}

    assert roots - set(sys.stdlib_module_names) == {"numpy", "onnxruntime"}
