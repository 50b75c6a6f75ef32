"""What the published OCSF schema says of an event: the ocsf-json-schema package."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

VERSION = "1.3.0"
OTHER = "Other"
"What a text beside the number 99 need not repeat."


@cache
def _schema() -> Any:
    return get_ocsf_schema(version=VERSION)


@cache
def _published() -> OcsfJsonSchemaEmbedded:
    return OcsfJsonSchemaEmbedded(_schema())


@cache
def validator(class_uid: int) -> Draft202012Validator:
    """Return the judge of a class; it knows no attribute that the class has not."""
    name = _published().lookup_class_name_from_uid(class_uid=class_uid)
    return Draft202012Validator(_published().get_class_schema(class_name=name))


def faults(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with *event*, each with where; nothing if it is right."""
    found = validator(event["class_uid"]).iter_errors(event)
    return [*(f"{one.json_path}: {one.message}" for one in found), *_names(event)]


def _names(event: dict[str, Any]) -> Iterator[str]:
    """Tell the texts that are not what the schema calls the number beside them."""
    name = _published().lookup_class_name_from_uid(class_uid=event["class_uid"])
    for number, attribute in _schema()["classes"][name]["attributes"].items():
        text = attribute.get("sibling")
        captions = attribute.get("enum", {})
        known = captions.get(str(event.get(number)), {"caption": OTHER})["caption"]
        if text in event and known != OTHER and event[text] != known:
            yield f"$.{text}: {event[text]!r} is not {known!r}"
