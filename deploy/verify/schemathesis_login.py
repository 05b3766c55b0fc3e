"""Keeps the tester of deploy/verify/schemathesis logged in, whatever it does to itself.

The run changes passwords, revokes log-ins, deactivates and deletes accounts, its own among them. Before each second's requests the
token is tried; one that is no longer good is replaced, by a new account where need be."""

import json
import os
import ssl
import threading
import urllib.error
import urllib.request
import uuid

import schemathesis

BASE = os.environ["VOLTBUS_BASE"]
ROLE = os.environ["VOLTBUS_ROLE"]
PLAIN = ssl._create_unverified_context()
TURN = threading.Lock()
known = {"token": None, "logins": 0}


def call(method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(BASE + path, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=60, context=PLAIN) as answer:
        return json.load(answer)


def log_in(name, password):
    return call("POST", "/api/v1/users/authenticate", {"username": name, "password": password})["token"]


def tester():
    """A new account of the role. The administrator of the settings cannot be hurt by a run, so that it can always make one."""
    boss = log_in(os.environ["ADMIN_EMAIL"], os.environ["ADMIN_PASSWORD"])
    name, password = f"tester-{ROLE}-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex + "aA!"
    call("POST", "/api/v1/users/create", {"username": name, "password": password, "role": ROLE}, boss)
    known["logins"] += 1
    print(f"log-in {known['logins']} of {ROLE}: {name}", flush=True)
    return log_in(name, password)


def is_good(token):
    try:
        return call("GET", "/api/v1/users/me", token=token)["role"] == ROLE
    except urllib.error.HTTPError:
        return False


@schemathesis.auth(refresh_interval=1)
class Login:
    def get(self, case, context):
        with TURN:
            if known["token"] is None or not is_good(known["token"]):
                known["token"] = tester()
            return known["token"]

    def set(self, case, token, context):
        case.headers["Authorization"] = f"Bearer {token}"


@schemathesis.hook
def filter_query(context, query):
    """An empty parameter counts as one that is not there, and of one that is there twice the first counts: both are let in."""
    return not any(value == "" or isinstance(value, list) for value in (query or {}).values())
