"""What schemathesis needs to know of this API: people, threads and messages that there are, and rules that no schema can say.

ARIANE and TOKEN say where the API is and who calls, as `cargo dev` prints them. EXCUSED names a file for the failures that
exceptions.yaml excuses.
"""

import atexit
import collections
import json
import os
import pathlib
import random
import re
import urllib.parse
import urllib.request

import schemathesis
import yaml

ID = re.compile(r"(thr|con|cor|idn)_[0-9a-f]{32}|msg_(?:[a-z-]+_[0-9a-f]{64}|[0-9a-f]{32})")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt].+")
# Fields that name something, and what they look like if they are right.
CHANNEL = re.compile("[a-z-]{1,32}")
NAMED = {"channel": CHANNEL, "account": re.compile("[!-~]{1,40}"), "address": re.compile("[a-z-]{1,32}:.{1,40}")}
ADDRESS = re.compile("[!-~]{1,300}")
STATES = ["open", "waiting", "snoozed", "closed"]
# Of a list's filters, those that go with no other.
ALONE = ["crm", "contact"]
EXCEPTIONS = yaml.safe_load(pathlib.Path(__file__).with_name("exceptions.yaml").read_text())["schemathesis"]

# What is known of each person: ids by kind, and the ways that they write by.
people = []
tags = {}
excused = [0] * len(EXCEPTIONS)


def get(path):
    """What the API answers."""
    request = urllib.request.Request(os.environ["ARIANE"] + path, headers={"authorization": f"Bearer {os.environ['TOKEN']}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def remember(person, value):
    """Keeps the ids of an answer about a person."""
    for match in ID.finditer(json.dumps(value)):
        kind = person[match[0][:3]]
        if match[0] not in kind:
            kind.append(match[0])


def look_around():
    """Asks for all that there is before the first case, so that the cases can be about something."""
    threads = {}
    for query in ["state=waiting", "state=open", "state=snoozed", "state=closed", "unsure=true"]:
        for thread in get(f"/v1/threads?{query}")["threads"]:
            threads[thread["id"]] = thread["contact_id"]
    for contact in sorted(set(threads.values())):
        person = collections.defaultdict(list)
        shown = get(f"/v1/contacts/{contact}")
        remember(person, [shown, get(f"/v1/contacts/{contact}/corrections")])
        for thread in (it for it, of in threads.items() if of == contact):
            remember(person, get(f"/v1/threads/{thread}/timeline"))
        for identity in shown["identities"]:
            for seen in identity["seen"]:
                person["ways"].append({**seen, "address": f"{seen['channel']}:{identity['address']}", "id": identity["address"]})
        people.append(person)
    if not people or not all(any(it[kind] for it in people) for kind in ["thr", "msg", "cor", "idn", "ways"]):
        raise SystemExit("there is nothing to ask about")


class Scene:
    """What one case is about: a person, and a way that they write by. One place in eight is left as it was made up."""

    def __init__(self, case):
        self.chance = random.Random(f"{case.operation.label} {case.path_parameters} {case.query} {case.body}")
        self.person = self.chance.choice(people)
        self.way = self.chance.choice(self.person["ways"] or [None])
        self.messages, self.used = None, []

    def leaves(self):
        return self.chance.random() < 0.125

    def real(self, value, name=None):
        """A value with ids that there are in the place of those that are made up. What is none stays as it is."""
        if isinstance(value, list):
            return self.real_list(value, name)
        if isinstance(value, dict):
            is_address = CHANNEL.fullmatch(str(value.get("channel"))) and ADDRESS.fullmatch(str(value.get("id", "")))
            if is_address and self.way and not self.leaves():
                value = {**value, "id": self.way["id"]}
            # A snooze has an end; nothing else has.
            if isinstance(value.get("snoozed_until"), str) and value.get("state", "open") in STATES and not self.leaves():
                value = {**value, "state": "snoozed"}
            return {key: self.real(it, key) for key, it in value.items()}
        if not isinstance(value, str) or self.leaves():
            return value
        if ID.fullmatch(value):
            listed = self.messages if self.messages and value.startswith("msg") else self.person[value[:3]]
            return self.chance.choice([it for it in listed if it not in self.used] or [value])
        if name in NAMED and NAMED[name].fullmatch(value):
            return self.way[name] if self.way else value
        if name in ["snoozed_until", "expires_at"] and TIME.fullmatch(value):
            return "2096" + value[4:]
        return value

    def real_list(self, values, name):
        """What is there twice stays so, and what is there once does, too."""
        made = {}
        for it in (it for it in values if isinstance(it, str)):
            if it not in made:
                made[it] = self.real(it, name)
                self.used.append(made[it])
        return [made[it] if isinstance(it, str) else self.real(it, name) for it in values]


def page(case, scene):
    """A cursor is good only for the list that gave it: most are left out or asked for."""
    given = case.query.get("cursor")
    if not isinstance(given, str) or scene.leaves():
        return
    del case.query["cursor"]
    if scene.chance.random() < 0.5:
        query = urllib.parse.urlencode({**case.query, "limit": 1}, doseq=True)
        try:
            found = get(f"{case.formatted_path}?{query}")
        except (OSError, ValueError):
            return
        if "next" in found:
            case.query["cursor"] = found["next"]


def is_valid(case, place):
    """Whether this part of a case is as the document wants it. What is wrong on purpose must not be mended."""
    parts = case.meta.components.items() if case.meta else []
    return all(it.mode.is_positive for name, it in parts if name.value == place)


def in_thread(case):
    """The messages that are now in the thread of the path, where a case is to take some out of it."""
    if case.operation.path not in ["/v1/threads/{id}/move", "/v1/threads/{id}/split"]:
        return None
    try:
        return [it["id"] for it in get(case.formatted_path.rpartition("/")[0] + "/timeline")["messages"]]
    except (OSError, ValueError):
        return None


@schemathesis.hook
def before_call(context, case, kwargs):
    """Makes a case be about something that there is."""
    scene = Scene(case)
    case.path_parameters.update(scene.real(dict(case.path_parameters)))
    case.query.update(scene.real(dict(case.query)))
    if is_valid(case, "query"):
        for name in (it for it in ALONE if it in case.query):
            if not scene.leaves():
                for other in {"state", "unsure", "assignee", *ALONE} - {name}:
                    case.query.pop(other, None)
        page(case, scene)
    if isinstance(case.body, (dict, list)):
        # What goes somewhere else goes to another thing than that of the path, and takes along what is in that.
        scene.messages = in_thread(case)
        scene.used.append(case.path_parameters.get("id"))
        case.body = scene.real(case.body)
    for header in ["If-Match", "If-None-Match"]:
        if header in case.headers and case.formatted_path in tags and not scene.leaves():
            case.headers[header] = tags[case.formatted_path]
    # The same key with another body is refused for ever.
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and 0 < len(key) < 200 and not scene.leaves():
        case.headers["Idempotency-Key"] = f"{key}{scene.chance.getrandbits(64):x}"


@schemathesis.hook
def after_call(context, case, response):
    """Remembers what an answer shows."""
    if 200 <= response.status_code < 300 and "etag" in response.headers:
        tags[case.formatted_path] = response.headers["etag"][0]
    if response.status_code == 201:
        made = response.json()
        for person in people:
            if made.get("from", made.get("source")) in [*person["thr"], *person["con"]]:
                remember(person, made)


def said(response):
    """What a refusal says: of the whole, or of each part of the request."""
    try:
        problem = response.json()
    except ValueError:
        return []
    details = [it.get("detail") for it in problem.get("errors", [])]
    return [problem.get("type", problem.get("message")), problem.get("detail"), *details]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drops a failure that is excused, and counts it."""
    for n, it in enumerate(EXCEPTIONS):
        if failure.code == it["code"] and any(re.fullmatch(it["says"], str(words)) for words in said(response)):
            excused[n] += 1
            return False
    return True


@atexit.register
def write():
    """Tells what was excused."""
    pathlib.Path(os.environ["EXCUSED"]).write_text(json.dumps(excused))


look_around()
