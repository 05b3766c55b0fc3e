"""Prints what the official JSON schemas of OCPP 1.6, as PyPI's package ocpp carries them, say of valid payloads and of payloads
with one fault: a line of JSON for each schema. Whether a payload is valid is said by PyPI's jsonschema, not by this program."""

import copy
import glob
import json
import os
import sys

import jsonschema
import ocpp

MOMENT = "2026-11-20T10:30:00Z"


class Schema:
    def __init__(self, path):
        with open(path, encoding="utf-8-sig") as file:
            self.whole = json.load(file)
        kind = jsonschema.Draft6Validator if "$id" in self.whole else jsonschema.Draft4Validator
        self.validator = kind(self.whole, format_checker=jsonschema.FormatChecker(["date-time", "uri"]))

    def resolve(self, part):
        while "$ref" in part:
            target = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            part = target
        return part

    def example(self, part, full):
        """A valid value: all members, or only those that must be there."""
        part = self.resolve(part)
        if "enum" in part:
            return part["enum"][0]
        match part.get("type"):
            case "object":
                names = part.get("properties", {})
                return {n: self.example(p, full) for n, p in names.items() if full or n in part.get("required", [])}
            case "array":
                return [self.example(part["items"], full)]
            case "integer":
                return 7
            case "number":
                return 16.5
            case "boolean":
                return True
        if part.get("format") == "date-time":
            return MOMENT
        if part.get("format") == "uri":
            return "https://example.org/a"
        return "x"

    def edits(self, part, path):
        """Changes of the full example at `path`, each of one place."""
        part = self.resolve(part)
        kind = part.get("type")
        yield path, "set", None
        if "enum" in part:
            for word in part["enum"]:
                yield path, "set", word
            yield path, "set", "NoSuchWord"
            yield path, "set", part["enum"][0].lower() + "_"
            yield path, "set", 1
        elif kind == "string":
            yield path, "set", 1
            yield path, "set", {}
            if "format" in part:
                yield path, "set", "nonsense" if part["format"] == "date-time" else "a b"
            elif "maxLength" in part:
                yield path, "fill", part["maxLength"]
                yield path, "fill", part["maxLength"] + 1
                yield path, "set", ""
        elif kind in ("integer", "number"):
            yield path, "set", "7"
            yield path, "set", 0
            yield path, "set", 1.5 if kind == "integer" else 16.25
            yield path, "set", True
        elif kind == "boolean":
            yield path, "set", "true"
            yield path, "set", 1
        elif kind == "array":
            yield path, "set", []
            yield path, "set", {}
            yield from self.edits(part["items"], path + [0])
        elif kind == "object":
            yield path, "set", []
            yield path + ["noSuchMember"], "set", 1
            for name, member in part.get("properties", {}).items():
                yield path + [name], "remove", None
                yield from self.edits(member, path + [name])

    def judged(self):
        full = self.example(self.whole, True)
        yield {"set": full, "path": []}, full
        least = self.example(self.whole, False)
        yield {"set": least, "path": []}, least
        for path, how, value in self.edits(self.whole, []):
            if not path:
                continue
            changed = copy.deepcopy(full)
            place = changed
            for step in path[:-1]:
                place = place[step]
            if how == "remove":
                del place[path[-1]]
                yield {"path": path, "remove": True}, changed
            else:
                place[path[-1]] = "x" * value if how == "fill" else value
                yield {"path": path, how: value}, changed

    def lines(self):
        full = self.example(self.whole, True)
        cases = []
        for edit, payload in self.judged():
            cases.append({**edit, "valid": self.validator.is_valid(payload)})
        return {"base": full, "cases": cases}


def main():
    folder = os.path.join(os.path.dirname(ocpp.__file__), "v16", "schemas")
    paths = sorted(glob.glob(os.path.join(folder, "*.json")))
    if len(paths) != 78:
        sys.exit(f"{len(paths)} schemas instead of 78 in {folder}")
    for path in paths:
        name = os.path.basename(path).removesuffix(".json")
        is_response = name.endswith("Response")
        line = {"action": name.removesuffix("Response"), "isResponse": is_response, **Schema(path).lines()}
        print(json.dumps(line, separators=(",", ":")))


main()
