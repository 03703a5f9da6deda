"""Every binary golden file, read by the document alone, says what its JSON golden file says."""

import json
import re
import unittest
from pathlib import Path

from binary import Codec, Malformed, Reader, varint
from document import DOCUMENT, Document

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"
CODEC = Codec(Document())
LEAST = 70


def golden(side):
    for file in sorted((GOLDEN / side).glob("*.json")):
        frame = bytes.fromhex(file.with_suffix(".hex").read_text().strip())
        yield file.stem, frame, json.loads(file.read_text(encoding="utf-8"))


def told(message):
    """As JSON has it: names are texts there, and versions are stamped."""
    ids = {name: str(message[name]) for name in ("message_id", "reply_to") if name in message}
    return {**message, **ids, "version": "1.0.0"}


class Golden(unittest.TestCase):
    maxDiff = None

    def test_every_golden_frame_says_what_its_json_says(self):
        count = 0
        for side in ("client", "server"):
            for name, frame, expected in golden(side):
                with self.subTest(f"{side} {name}"):
                    messages = CODEC.decode(frame, side)
                    self.assertEqual([told(message) for message in messages], [expected])
                    count += 1
        self.assertGreaterEqual(count, LEAST)

    def test_every_type_of_the_document_has_a_golden_frame(self):
        for side in ("client", "server"):
            self.assertEqual(sorted(name for name, _, _ in golden(side)), sorted(CODEC.document.messages[side]))

    def test_what_the_document_says_is_written_is_what_is_pinned(self):
        for name, frame, fields in golden("client"):
            with self.subTest(name):
                row = CODEC.document.messages["client"][name]
                body = {field.name: fields[field.name] for field in row.fields}
                written = Reader(CODEC.encode(name, body, message_id=int(fields["message_id"])))
                # The golden frames have a timestamp in their heads, which a client need not send.
                pinned = Reader(frame)
                for reader, head in ((written, 1), (pinned, 9)):
                    reader.varint()
                    self.assertEqual((reader.u8(), reader.u8(), reader.varint()), (row.tag, head, 7))
                pinned.varint()
                self.assertEqual(written.take(written.left()), pinned.take(pinned.left()))

    def test_messages_stand_side_by_side_surplus_bytes_are_skipped_and_a_cut_frame_is_refused(self):
        for side in ("client", "server"):
            for name, frame, _ in golden(side):
                with self.subTest(f"{side} {name}"):
                    reader = Reader(frame)
                    reader.varint()
                    whole = reader.take(reader.left())
                    # The second has a byte more at its end than this revision knows.
                    both = frame + varint(len(whole) + 1) + whole + b"\7"
                    first, second = CODEC.decode(both, side)
                    self.assertEqual(first, second)
                    with self.assertRaises(Malformed):
                        CODEC.decode(frame[:-1], side)

    def test_what_an_earlier_revision_did_not_write_takes_its_default(self):
        frame = CODEC.encode("own_move", {"client_seq": 7, "position": {"x": 1, "y": 2}, "velocity": {"x": 3, "y": 0}})
        without = bytes([frame[0] - 4]) + frame[1:-4]
        [message] = CODEC.decode(without, "client")
        self.assertEqual((message["client_seq"], message["velocity"]), (7, {"x": 0.0, "y": 0.0, "z": 0.0}))
        with self.assertRaises(Malformed):
            CODEC.decode(bytes([3]) + frame[1:4], "client")

    def test_unknown_types_are_skipped(self):
        self.assertEqual(CODEC.decode(bytes([4, 250, 0, 1, 2, 2, 5, 0]), "server"), [{"type": "pong", "priority": 0}])


class PositionFrames(unittest.TestCase):
    """The packed players: cases whose bytes are written out by hand from the document."""

    def players(self, packed):
        # Tag, no head; location 1, time 5, the cell (−2, 1), not full.
        message = bytes([26, 0, 1, 5, 0xFE, 1, 0]) + varint(len(packed)) + bytes(packed)
        [frame] = CODEC.decode(varint(len(message)) + message, "server")
        return frame

    def test_slots_flags_and_cells(self):
        frame = self.players([
            *(0x0C, 0x02, 0x01),  # slot 3, at (0.01, −0.01), stands
            *(0x05, 0xA8, 0x78, 0xA7, 0x78, 0x3C, 0xC4),  # slot 5: one is left out; walks at (6.0, −6.0)
            *(0x02, 0x00, 0x00, 0xC8, 0x01),  # slot 6, 1 m up
            *(0x03, 0x00, 0x00, 0x01, 0x80, 0x7F),  # slot 7, 0.01 m below the ground, at (−12.8, 12.7)
        ])
        self.assertEqual((frame["cell"], frame["time"], frame["full"]), ({"x": -2, "y": 1}, 5, False))
        self.assertEqual(
            [(one["slot"], *one["position"].values(), *one["velocity"].values()) for one in frame["players"]],
            [
                (3, 0.01, -0.01, 0.0, 0.0, 0.0, 0.0),
                (5, 77.0, -77.0, 0.0, 6.0, -6.0, 0.0),
                (6, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
                (7, 0.0, 0.0, -0.01, -12.8, 12.7, 0.0),
            ],
        )

    def test_what_is_cut_short_is_refused(self):
        for packed in ([0x0C], [0x0C, 0x02], [0x05, 0x02, 0x02, 0x3C], [0x02, 0x00, 0x00]):
            with self.assertRaises(Malformed):
                self.players(packed)


class Example(unittest.TestCase):
    """The document's worked example is what a server and a client wrote."""

    def test_the_example_reads_as_it_says(self):
        text = DOCUMENT.read_text(encoding="utf-8")
        example = re.search(r"^### A sign-in, byte by byte\n(.*?)^## ", text, re.S | re.M).group(1)
        told = []
        for side, block in re.findall(r"```text\n(client|server)\n(.*?)```", example, re.S):
            lines = [re.match(r"(?:[0-9a-f]{2} ?)+", line).group() for line in block.splitlines()]
            told += CODEC.decode(bytes.fromhex("".join(lines)), side)
        response, update, step, frame = told
        self.assertEqual((response["type"], response["character"]["name"]), ("auth_response", "Aria"))
        self.assertEqual(response["character"]["stats"]["dexterity"], 18)
        self.assertEqual(response["protocol"]["schema_hash"], "411435c35cb4f677")
        self.assertEqual((update["type"], update["location_id"], update["players"]), ("location_update", 1, []))
        self.assertEqual((step["type"], step["position"]["x"], step["velocity"]["x"]), ("own_move", 1.5, 6.0))
        self.assertEqual(frame["type"], "position_frame")
        self.assertEqual(
            frame["players"],
            [{"slot": 0, "position": {"x": 1.78, "y": -0.5, "z": 0.0}, "velocity": {"x": 6.0, "y": 0.0, "z": 0.0}}],
        )


if __name__ == "__main__":
    unittest.main()
