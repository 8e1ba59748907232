"""Uses the client that is generated from the document: every module is imported, every example goes through its model."""

import importlib
import json
import pathlib
import pkgutil
import sys

import ariane
from ariane import models

modules = [it.name for it in pkgutil.walk_packages(ariane.__path__, "ariane.")]
for name in modules:
    importlib.import_module(name)

document = json.loads(pathlib.Path(sys.argv[1]).read_text())
client = ariane.AuthenticatedClient(base_url="https://api.example.com", token="ari_")
n = 0


def same(model, example):
    """An example of the document is read by its model and written as it was."""
    global n
    written = json.loads(json.dumps(model.from_dict(example).to_dict()))
    assert without_time(written) == without_time(example), (model.__name__, example, written)
    n += 1


def without_time(value):
    """A moment may be written with or without its zeros."""
    text = json.dumps(value, sort_keys=True)
    return text.replace(".000Z", "Z").replace("+00:00", "Z")


for path in document["paths"].values():
    for operation in (it for it in path.values() if isinstance(it, dict) and "responses" in it):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (it for body in contents for it in body.get("content", {}).values()):
            name = content["schema"].get("$ref", "").rpartition("/")[2]
            examples = [it["value"] for it in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            for example in examples if name else []:
                same(getattr(models, name), example)
assert n, "no example of the document was read"
print(f"python: {len(modules)} modules imported, {n} examples read and written by their models")
