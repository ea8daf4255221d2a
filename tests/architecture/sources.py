"""What the rules walk: our apps, their models and their source files."""

import ast
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
# From the bottom up. A layer uses only what is below it.
LAYERS = {"core": 0, "identity": 1, "credit": 2, "groups": 3, "reports": 4}
FOLDERS = ("portal", "identity", "credit", "groups", "reports")


def models():
    """Every model of ours, the ones Django makes for many-to-many fields included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in LAYERS
    ]


def files(pattern="**/*.py"):
    """Every source file of the product, without migrations."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).glob(pattern)]
    return sorted(path for path in found if "migrations" not in path.parts)


def name(path):
    return str(path.relative_to(ROOT))


def tree(path):
    return ast.parse(path.read_text(), filename=str(path))


def public_functions(module):
    return [
        node
        for node in module.body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def calls(node):
    """The dotted names that are called inside a node: `audit.record`, `_post`, …"""
    return {ast.unparse(call.func) for call in ast.walk(node) if isinstance(call, ast.Call)}
