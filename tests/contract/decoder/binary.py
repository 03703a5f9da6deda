"""Binary 1, written from the words of docs/PROTOCOL.md alone, over the tables of document.py."""

import re
from datetime import datetime, timedelta, timezone

HEAD = (("message_id", 1), ("reply_to", 2), ("seq", 4), ("timestamp", 8))
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
# What takes its default when an older peer has left it off at the end of a body.
DEFAULTS = {"integer": 0, "number": 0.0, "boolean": False}


class Malformed(Exception):
    pass


class Reader:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def left(self):
        return len(self.data) - self.at

    def take(self, count):
        if self.left() < count:
            raise Malformed("cut short")
        self.at += count
        return self.data[self.at - count : self.at]

    def u8(self):
        return self.take(1)[0]

    def i8(self):
        return int.from_bytes(self.take(1), "big", signed=True)

    def varint(self):
        value = 0
        for shift in range(0, 70, 7):
            byte = self.u8()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed("a varint of more than 10 bytes")

    def zigzag(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def text(self):
        return self.take(self.varint()).decode("utf-8")


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def zigzag(value):
    return varint(value << 1 if value >= 0 else (-value << 1) - 1)


def hundredths(value):
    return round(value * 100)


class Codec:
    """Reads and writes the messages of a document."""

    def __init__(self, document):
        self.document = document

    # Frames.

    def decode(self, frame, side):
        """The messages of a frame, each a flat object as JSON has it, with the envelope's fields."""
        reader = Reader(frame)
        if not frame:
            raise Malformed("an empty frame")
        messages = []
        while reader.left():
            length = reader.varint()
            if length < 2:
                raise Malformed("a length below 2")
            message = self._message(Reader(reader.take(length)), side)
            if message is not None:
                messages.append(message)
        return messages

    def _message(self, reader, side):
        tag, head = reader.u8(), reader.u8()
        envelope = {}
        for name, bit in HEAD:
            if head & bit:
                envelope[name] = reader.varint()
        if "timestamp" in envelope:
            envelope["timestamp"] /= 1000
        name = self.document.tags.get(tag)
        row = self.document.messages[side].get(name)
        # A newer peer may send types that this client does not know.
        if row is None:
            return None
        body = self._fields(reader, row.fields, (side, name), True)
        return {"type": name, "priority": row.priority, **envelope, **body}

    def encode(self, name, fields, message_id=None, side="client"):
        """A client's message, in a frame of its own."""
        row = self.document.messages[side][name]
        known = {field.name for field in row.fields}
        assert set(fields) <= known, f"{name} has no {set(fields) - known}"
        head = bytes([row.tag, 0 if message_id is None else 1])
        body = b"" if message_id is None else varint(message_id)
        for field in row.fields:
            body += self._write(field, fields.get(field.name), (side, name))
        return varint(len(head) + len(body)) + head + body

    # Fields.

    def _fields(self, reader, fields, where, is_message=False):
        out = {}
        for field in fields:
            # Only a message's own struct may end early: what is nested is whole.
            if is_message and not reader.left():
                if field.required:
                    raise Malformed(f"{where[1]} ends before {field.name}")
                out[field.name] = self._default(field)
            else:
                out[field.name] = self._read(reader, field, where)
        return out

    def _default(self, field):
        if field.kind.endswith(" or null"):
            return None
        if field.kind.startswith("list of "):
            return []
        if field.kind == "Vector":
            return {"x": 0.0, "y": 0.0, "z": 0.0}
        return DEFAULTS[field.kind]

    def _read(self, reader, field, where):
        kind, bounds = field.kind, field.bounds
        if is_id_or_zero(field, where):
            return reader.varint() or (None if where[0] == "client" and field.name == "from_location_id" else 0)
        if where == ("server", "position_frame") and field.name == "players":
            return self._players(Reader(reader.take(reader.varint())))
        if kind.endswith(" or null"):
            flag = reader.u8()
            if flag > 1:
                raise Malformed(f"{flag} before {field.name}, which may be absent")
            return self._value(reader, kind.removesuffix(" or null"), bounds, field.name) if flag else None
        return self._value(reader, kind, bounds, field.name)

    def _value(self, reader, kind, bounds, name):
        if kind.startswith("list of "):
            item, of_item = re.match(r"list of (\w+)(?: \((.*)\))?$", kind).groups()
            return [self._value(reader, item, of_item or "", name) for _ in range(reader.varint())]
        if kind == "boolean":
            flag = reader.u8()
            if flag > 1:
                raise Malformed(f"{flag} for {name}, which is true or false")
            return flag == 1
        if kind == "integer":
            if bounds == "0 to 255":
                return reader.u8()
            return reader.i8() if bounds.startswith("-") else reader.varint()
        if kind == "number":
            return reader.varint() / 1000
        if kind == "text":
            return iso(reader.varint()) if name in ("created_at", "updated_at") else reader.text()
        if kind == "Vector":
            return {axis: reader.zigzag() / 100 for axis in "xyz"}
        shape = self.document.shapes[kind]
        if shape.fields is not None:
            return self._fields(reader, shape.fields, ("shape", kind))
        if shape.names is not None:
            return shape.names[reader.u8()]
        return reader.varint() if shape.plain == "Integer" else reader.text()

    def _players(self, reader):
        players, expected = [], 0
        while reader.left():
            head = reader.varint()
            slot = expected + (head >> 2)
            position = {"x": reader.zigzag() / 100, "y": reader.zigzag() / 100, "z": 0.0}
            if head & 2:
                position["z"] = reader.zigzag() / 100
            velocity = {"x": 0.0, "y": 0.0, "z": 0.0}
            if head & 1:
                velocity["x"] = reader.i8() / 10
                velocity["y"] = reader.i8() / 10
            players.append({"slot": slot, "position": position, "velocity": velocity})
            expected = slot + 1
        return players

    def _write(self, field, value, where):
        kind, bounds = field.kind, field.bounds
        if is_id_or_zero(field, where):
            return varint(value or 0)
        if kind.endswith(" or null"):
            kind = kind.removesuffix(" or null")
            return b"\0" if value is None else b"\1" + self._write_value(kind, bounds, value, field.name)
        if value is None:
            assert not field.required, f"{where[1]} needs {field.name}"
            value = self._default(field)
        return self._write_value(kind, bounds, value, field.name)

    def _write_value(self, kind, bounds, value, name):
        if kind.startswith("list of "):
            item, of_item = re.match(r"list of (\w+)(?: \((.*)\))?$", kind).groups()
            return varint(len(value)) + b"".join(self._write_value(item, of_item or "", one, name) for one in value)
        if kind == "boolean":
            return bytes([value])
        if kind == "integer":
            return bytes([value]) if bounds == "0 to 255" else varint(value)
        if kind == "text":
            data = value.encode("utf-8")
            return varint(len(data)) + data
        if kind == "Vector":
            return b"".join(zigzag(hundredths(value.get(axis, 0))) for axis in "xyz")
        shape = self.document.shapes[kind]
        if shape.fields is not None:
            return b"".join(self._write(one, value.get(one.name), ("shape", kind)) for one in shape.fields)
        if shape.names is not None:
            return bytes([shape.names.index(value)])
        return varint(value) if shape.plain == "Integer" else self._write_value("text", "", value, name)


def is_id_or_zero(field, where):
    """The locations of a `move`: 0 for none, and no byte before them."""
    if where == ("client", "move"):
        return field.name in ("from_location_id", "to_location_id")
    return where == ("server", "move") and field.name == "to_location_id"


def iso(milliseconds):
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03}Z"
