"""Lets schemathesis call every operation of a local cloud whose story was told, and prints what came of it.

`cargo dev --story` gives the environment: ARIANE is where the API is, TOKEN who calls.
"""

import json
import os
import pathlib
import subprocess
import sys
from collections import Counter, defaultdict

import yaml

document, work, n_drawn, seed = sys.argv[1:]
work, here = pathlib.Path(work), pathlib.Path(__file__).parent
REPORT, LOG, EXCUSED = work / "cases.ndjson", work / "schemathesis.log", work / "excused.json"
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "ignored_auth", "use_after_free", "ensure_resource_availability",
]  # fmt: skip
# What failed before is not tried again: the seed alone says what is drawn.
CONFIG = f"""
hooks = "{here / 'hooks.py'}"
[cache]
enabled = false
[auth.openapi]
token = {{ bearer = "${{TOKEN}}" }}
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "415", "416", "422", "429"]
"""


def call_everything():
    """Runs schemathesis and gives its status. Of what it printed, the failures show how to repeat them."""
    config = work / "schemathesis.toml"
    config.write_text(CONFIG)
    REPORT.unlink(missing_ok=True)
    command = [pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run", document]
    command += ["--url", os.environ["ARIANE"], "--checks", ",".join(CHECKS), "--max-examples", n_drawn, "--seed", seed]
    command += ["--continue-on-failure", "--generation-database", "none", "--report", "ndjson", "--report-ndjson-path", REPORT]
    with LOG.open("w") as out:
        environment = {**os.environ, "EXCUSED": str(EXCUSED)}
        status = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, cwd=work, env=environment).returncode
    printed = LOG.read_text()
    if status:
        begins = [it for it in map(printed.find, ["= ERRORS =", "= FAILURES ="]) if 0 <= it]
        print(printed[min(begins, default=0) :])
    if not REPORT.is_file():
        sys.exit(status or 1)
    return status


def count():
    """Counts the cases by operation and what became of them and by phase, and the checks by name."""
    operations, checks, phases = defaultdict(Counter), defaultdict(Counter), Counter()
    for line in REPORT.open():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for name, call in recorder.get("interactions", {}).items():
            case = recorder["cases"][name]["value"]
            kind = "valid" if case["meta"]["generation"]["mode"] == "positive" else "invalid"
            status = (call.get("response") or {}).get("status_code", 0)
            declared = case["meta"]["phase"]["data"].get("scenario") != "unspecified_http_method"
            operation = f"{case['path']} {case['method']}" if declared else "other methods"
            operations[operation][f"{kind} {status // 100}xx"] += 1
            phases[case["meta"]["phase"]["name"]] += 1
        for check in (it for found in recorder.get("checks", {}).values() for it in found):
            checks[check["name"]][check["status"]] += 1
    return operations, checks, phases


def table(head, rows):
    """Prints rows in columns."""
    rows = [head, *([str(it) for it in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        print("  ".join([first.ljust(widths[0]), *(it.rjust(width) for it, width in zip(others, widths[1:], strict=True))]))
    print()


status = call_everything()
operations, checks, phases = count()
statuses = [f"{kind} {status}" for kind in ["valid", "invalid"] for status in ["2xx", "3xx", "4xx", "5xx"]]
table(["operation", *statuses], [[name, *(found[it] for it in statuses)] for name, found in sorted(operations.items())])
table(["check", "passed", "failed"], [[name, it["success"], it["failure"]] for name, it in sorted(checks.items())])
exceptions = yaml.safe_load((here / "exceptions.yaml").read_text())["schemathesis"]
times = json.loads(EXCUSED.read_text())
table(["excused", "times"], [[f"{it['code']} {it['says']:.70}", n] for it, n in zip(exceptions, times, strict=True)])
by_phase = ", ".join(f"{n} of {name}" for name, n in phases.items())
print(f"{phases.total()} cases ({by_phase}), {sum(it['failure'] for it in checks.values())} checks failed, SEED={seed}")
sys.exit(status)
