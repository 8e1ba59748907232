"""Runs redocly and spectral. What they may say stands in exceptions.yaml; an exception that nothing needs fails, too."""

import collections
import json
import os
import pathlib
import subprocess
import sys

import yaml

document, work, node = sys.argv[1:]
excepted = yaml.safe_load(pathlib.Path(__file__).with_name("exceptions.yaml").read_text())
work = pathlib.Path(work)


def redocly():
    (work / "redocly.yaml").write_text(json.dumps({"extends": ["recommended-strict"]}))
    command = [f"{node}/redocly", "lint", "--config", str(work / "redocly.yaml"), "--format", "json"]
    command += ["--max-problems", "10000", document]
    found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, "FORCE_COLOR": "0"})
    for it in json.loads(found.stdout)["problems"]:
        yield it["ruleId"], it["message"], it["location"][0].get("pointer")


def spectral():
    (work / "spectral.yaml").write_text(json.dumps({"extends": ["spectral:oas"]}))
    command = [f"{node}/spectral", "lint", "--ruleset", str(work / "spectral.yaml"), "--format", "json", "--quiet", document]
    found = subprocess.run(command, stdout=subprocess.PIPE)
    for it in json.loads(found.stdout):
        yield it["code"], it["message"], "/".join(map(str, it["path"]))


failed = False
for tool in [redocly, spectral]:
    found = collections.Counter()
    allowed = excepted[tool.__name__]
    for rule, message, place in tool():
        found[rule in allowed] += 1
        if rule in allowed:
            found[rule] += 1
        else:
            print(f"{tool.__name__} {rule}: {message} at {place}")
    idle = [rule for rule in allowed if not found[rule]]
    for rule in idle:
        print(f"{tool.__name__} {rule}: is excepted and nothing needs it")
    print(f"{tool.__name__}: {found[False]} faults, {found[True]} excepted by {len(allowed)} rules")
    failed |= bool(found[False] or idle)
sys.exit(failed)
