"""Lets schemathesis call every operation of a local cloud whose story was told, and prints what came of it.

`cargo dev --story` gives the environment: ARIANE is where the API is, TOKEN who calls.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys

import yaml

document, work, n_drawn, seed = sys.argv[1:]
work, here = pathlib.Path(work), pathlib.Path(__file__).parent
CHECKS = [
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
    "response_headers_conformance", "negative_data_rejection", "positive_data_acceptance", "missing_required_header",
    "unsupported_method", "allow_header_conformance", "ignored_auth", "use_after_free", "ensure_resource_availability",
]
CONFIG = f"""
hooks = "{here / 'hooks.py'}"
[auth.openapi]
token = {{ bearer = "${{TOKEN}}" }}
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "412", "415", "416", "422", "429"]
"""


def call_everything():
    """Runs schemathesis. Its report is what counts; what it printed shows how to repeat a failure."""
    config, report, log = work / "schemathesis.toml", work / "cases.ndjson", work / "schemathesis.log"
    config.write_text(CONFIG)
    report.unlink(missing_ok=True)
    command = [str(pathlib.Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run", document]
    command += ["--url", os.environ["ARIANE"], "--checks", ",".join(CHECKS), "--max-examples", n_drawn, "--seed", seed, "--continue-on-failure"]
    command += ["--report", "ndjson", "--report-ndjson-path", str(report), "--generation-database", "none"]
    with open(log, "w") as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "EXCUSED": str(work / "excused.json")})
    printed = log.read_text()
    if done.returncode:
        print(printed[max(printed.find("= ERRORS ="), 0) if "= ERRORS =" in printed else max(printed.find("= FAILURES ="), 0):])
    if not report.is_file():
        raise SystemExit(done.returncode or 1)
    return done.returncode, report


def table(head, rows):
    """Prints rows in columns."""
    rows = [head, *([str(it) for it in row] for row in rows)]
    widths = [max(len(row[n]) for row in rows) for n in range(len(head))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(it.rjust(width) for it, width in zip(row[1:], widths[1:]))]))


def count(report):
    """Counts cases by operation and what became of them, and checks by name."""
    operations, checks, phases = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter), collections.Counter()
    for line in report.open():
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder", {})
        for id, call in recorder.get("interactions", {}).items():
            case = recorder["cases"][id]["value"]
            mode, status = case["meta"]["generation"]["mode"], (call.get("response") or {}).get("status_code", 0)
            known = case["method"] in ["GET", "POST", "PATCH", "DELETE"]
            operations[f"{case['method']} {case['path']}" if known else "other methods"][f"{mode} {status // 100}xx"] += 1
            phases[case["meta"]["phase"]["name"]] += 1
        for check in (it for all in recorder.get("checks", {}).values() for it in all):
            checks[check["name"]][check["status"]] += 1
    return operations, checks, phases


status, report = call_everything()
operations, checks, phases = count(report)
excused = zip(yaml.safe_load((here / "exceptions.yaml").read_text())["schemathesis"], json.loads((work / "excused.json").read_text()))
columns = ["positive 2xx", "positive 3xx", "positive 4xx", "negative 2xx", "negative 3xx", "negative 4xx", "5xx"]
rows = []
for name, found in sorted(operations.items(), key=lambda it: it[0].split()[::-1]):
    found["5xx"] = found["positive 5xx"] + found["negative 5xx"]
    if sum(found[it] for it in columns) > 6 or name == "other methods":
        rows.append([name, *(found[it] for it in columns)])
table(["cases", "valid 2xx", "3xx", "4xx", "invalid 2xx", "3xx", "4xx", "5xx"], rows)
print()
table(["check", "passed", "failed"], [[name, found["success"], found["failure"]] for name, found in sorted(checks.items())])
print()
table(["excused", "times"], [[f"{it['code']} {it['says']:.70}", n] for it, n in excused])
n_cases = sum(sum(found[it] for it in columns) for found in operations.values())
print(f"\n{n_cases} cases ({', '.join(f'{n} of {name}' for name, n in phases.items())}), {sum(it['failure'] for it in checks.values())} failures, SEED={seed}")
sys.exit(status)
