"""docs/PROTOCOL.md, read as a programmer of a client reads it: its tables, and nothing of the code.

Every table between `<!-- generated: name -->` and `<!-- end of name -->` is read by its columns.
What stands there in words (how a kind of value is written in binary, the head of a message, the
packed players) is written from it by hand in binary.py.
"""

import re
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "PROTOCOL.md"


@dataclass(frozen=True)
class Field:
    name: str
    kind: str
    bounds: str
    required: bool


@dataclass
class Shape:
    """What has a name of its own: fields, a choice of names, or a plain kind ("Integer", "Text")."""

    fields: list = None
    names: list = None
    plain: str = None


@dataclass
class Message:
    tag: int
    priority: int
    fields: list


class Document:
    def __init__(self, text=None):
        self.text = DOCUMENT.read_text(encoding="utf-8") if text is None else text
        self.tags = {}
        self.messages = {"client": {}, "server": {}}
        self.shapes = {}
        self._read_types()
        self._read_fields()
        self._read_shapes()
        self.errors = {cells[0].strip("`"): cells for cells in rows(self.part("errors"))}

    def part(self, name):
        found = re.search(rf"<!-- generated: {name} -->\n(.*?)<!-- end of {name} -->", self.text, re.S)
        assert found, f"the document has no part {name}"
        return found.group(1)

    def _read_types(self):
        for link, tag, side, priority, _ in rows(self.part("types")):
            name = re.match(r"\[`(\w+)`\]", link).group(1)
            self.tags.setdefault(int(tag), name)
            assert self.tags[int(tag)] == name, f"two types have the tag {tag}"
            self.messages[side][name] = Message(int(tag), int(priority.split()[0]), None)

    def _read_fields(self):
        for heading, body in sections(self.part("fields")):
            names, side = re.match(r"(.*), from the (client|server)$", heading).groups()
            for name in re.findall(r"`(\w+)`", names):
                self.messages[side][name].fields = fields(body)
        missing = [name for side in self.messages.values() for name, it in side.items() if it.fields is None]
        assert not missing, f"these types have no fields in the document: {missing}"

    def _read_shapes(self):
        for heading, body in sections(self.part("shapes")):
            plain = re.search(r"(Integer|Text): [^\n]*\.$", body, re.M)
            if rows(body):
                self.shapes[heading] = Shape(fields=fields(body))
            elif listed := re.search(r"^One of (`.*`)\.$", body, re.M):
                self.shapes[heading] = Shape(names=re.findall(r"`([^`]+)`", listed.group(1)))
            elif names := re.findall(r"^- `([^`]+)`: ", body, re.M):
                self.shapes[heading] = Shape(names=names)
            elif plain:
                self.shapes[heading] = Shape(plain=plain.group(1))
            else:
                assert "One of [the table](#errors)." in body, f"the shape {heading} is none that this test can read"
                self.shapes[heading] = Shape(plain="Text")


def sections(part):
    """Each `### heading` with what follows it."""
    for section in re.split(r"^### ", part, flags=re.M)[1:]:
        heading, _, body = section.partition("\n")
        yield heading, body


def rows(body):
    """The rows of a Markdown table, without its head."""
    lines = [line for line in body.splitlines() if line.startswith("|")]
    cut = [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return cut[2:]


def fields(body):
    def link(kind):
        return re.sub(r"\[(\w+)\]\(#\w+\)", r"\1", kind)

    return [Field(name.strip("`"), link(kind), bounds, required == "yes") for name, kind, bounds, required, _ in rows(body)]
