"""What the API's description shows as a request is one: partners copy it."""

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

DOCUMENT = SchemaGenerator().get_schema(public=True)


def bodies():
    """Every (operation, media type, its schema, its examples) of a request."""
    for path in DOCUMENT["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media_type, described in content.items():
                examples = [example["value"] for example in described.get("examples", {}).values()]
                yield operation["operationId"], media_type, described["schema"], examples


def test_there_are_examples_to_look_at():
    found = {(name, media_type) for name, media_type, _, examples in bodies() if examples}

    assert ("send_events", "application/cloudevents-batch+json") in found


@pytest.mark.parametrize(
    ("schema", "examples"),
    [
        pytest.param(schema, examples, id=f"{name}-{media_type}")
        for name, media_type, schema, examples in bodies()
    ],
)
def test_every_request_has_a_schema_that_its_examples_satisfy(schema, examples):
    assert schema.keys() & {"type", "$ref", "oneOf", "allOf"}
    whole = {**schema, "components": DOCUMENT["components"]}
    for example in examples:
        jsonschema.validate(example, whole)


def test_no_description_is_a_docstring_for_ourselves():
    described = [
        operation.get("description", "")
        for path in DOCUMENT["paths"].values()
        for operation in path.values()
    ]

    assert all(described)
    assert [text for text in described if "Subclasses" in text] == []
