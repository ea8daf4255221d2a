import ast

from tests.architecture import sources

PACKAGES = {"portal.core": 0, "identity": 1, "credit": 2, "groups": 3, "reports": 4, "portal": 5}


def layer_of(module):
    matches = [p for p in PACKAGES if module == p or module.startswith(f"{p}.")]
    return PACKAGES[max(matches, key=len)] if matches else None


def test_a_foreign_key_points_to_its_own_layer_or_below():
    upward = [
        f"{field} -> {field.related_model._meta.label}"
        for model in sources.models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and isinstance(field.related_model, type)
        if sources.LAYERS.get(field.related_model._meta.app_label, -1)
        > sources.LAYERS[model._meta.app_label]
    ]

    assert upward == []


def test_the_walk_sees_the_foreign_keys_there_are():
    seen = sum(
        field.is_relation and not field.auto_created
        for model in sources.models()
        for field in model._meta.get_fields()
    )

    assert len(sources.models()) > 40
    assert seen > 40


def test_a_module_imports_only_from_its_own_layer_or_below():
    """Imports inside functions count too."""
    upward = [
        f"{sources.name(path)}: {imported}"
        for path in sources.files()
        for imported in _imports(path)
        if (layer_of(imported) or 0) > (layer_of(_module(path)) or 0)
    ]

    assert upward == []


def _module(path):
    return sources.name(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(path):
    for node in ast.walk(sources.tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
