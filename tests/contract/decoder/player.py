"""A client in binary, as docs/PROTOCOL.md tells one to be: the way in, steps, acks, resuming."""

import itertools
import time

from binary import Codec
from document import Document
from wire import WAIT, Closed, Refused, Socket, rest

SUBPROTOCOL = "shardlink.v1.bin"
PASSWORD = "correct horse"
CODEC = Codec(Document())
_serial = itertools.count()


def fresh_name(prefix):
    # In base 16: no o and l, which a server takes for the 0 and 1 they look like.
    return f"{prefix}-{time.time_ns():x}{next(_serial):x}"


def ok(answer, status=200):
    assert answer[0] == status, answer
    return answer[1]


class Player:
    def __init__(self, url):
        self.url = url
        self.account = {"username": fresh_name("binary"), "password": PASSWORD}
        self.socket, self.heard, self.taken = None, [], set()
        self.last_seq, self.resume_token = 0, None
        self.ids, self.stepped = itertools.count(1), 0

    # The way in.

    def sign_up(self):
        ok(rest(self.url, "POST", "/api/auth/register", self.account), 201)
        return self.sign_in()

    def sign_in(self):
        signed_in = ok(rest(self.url, "POST", "/api/auth/login", self.account))
        self.token, self.player_id = signed_in["session_token"], signed_in["player_id"]
        return self

    def make_character(self, **choices):
        wanted = {"name": fresh_name("hero"), "race": "Elf", "class": "Ranger", "faction": "Moonlit Circle", **choices}
        self.character = ok(rest(self.url, "POST", "/api/characters", wanted, self.token), 201)["character"]
        return self

    def select(self):
        ok(rest(self.url, "POST", "/api/characters/select", {"character_id": self.character["id"]}, self.token))
        return self

    def ticket(self):
        return ok(rest(self.url, "POST", "/api/ws/ticket", token=self.token))["ticket"]

    def open(self, *offered):
        if self.socket:
            self.socket.cut()
        self.heard, self.taken = [], set()
        self.socket = Socket(self.url, [SUBPROTOCOL, *offered])
        assert self.socket.protocol == SUBPROTOCOL, self.socket.protocol
        return self

    def enter(self):
        """Opens a socket by a ticket, and waits for what comes unasked."""
        self.open(self.ticket())
        response = self.next("auth_response")
        assert response["success"], response
        self.last_seq = 0
        self.place = self.next("location_update")
        return response

    def cut_and_resume(self):
        self.socket.cut()
        self.open(f"resume.{self.resume_token}")
        resumed = self.ask("resume", last_seq=self.last_seq)
        assert resumed["type"] == "resumed", resumed
        return resumed

    # Messages.

    def send(self, name, message_id=None, /, **fields):
        self.socket.send(CODEC.encode(name, fields, message_id))

    def ask(self, name, /, **fields):
        """Makes a request, and waits for what answers it."""
        number = next(self.ids)
        self.send(name, number, **fields)
        return self.wait(lambda one: one.get("reply_to") == number, f"an answer to {name}")

    def step(self, x, y, velocity_x, velocity_y):
        """Says where the character is and how it moves, and waits for the answer."""
        self.stepped += 1
        velocity = {"x": velocity_x, "y": velocity_y}
        return self.ask("own_move", client_seq=self.stepped, position={"x": x, "y": y}, velocity=velocity)

    def next(self, name, fits=lambda message: True):
        return self.wait(lambda one: one["type"] == name and fits(one), name)

    def wait(self, fits, what):
        """The next message that fits, which may have come already; each is taken once."""
        until = time.monotonic() + WAIT
        while True:
            for at, message in enumerate(self.heard):
                if at not in self.taken and fits(message):
                    self.taken.add(at)
                    return message
            try:
                self.listen(until)
            except TimeoutError:
                seen = ", ".join(message["type"] for message in self.heard)
                raise AssertionError(f"no {what} within {WAIT} s; heard: {seen}") from None

    def listen(self, until):
        frame = self.socket.frame(until)
        for message in CODEC.decode(frame, "server") if frame else ():
            seq = message.get("seq")
            if seq is not None and seq <= self.last_seq:
                continue
            self.last_seq = seq or self.last_seq
            if message["type"] == "auth_response" and message["success"]:
                self.resume_token = message["resume_token"]
            self.heard.append(message)

    def closed(self):
        """The code that the server closes the socket with."""
        try:
            while True:
                self.listen(time.monotonic() + WAIT)
        except Closed as closed:
            return closed.code


def refusal(offered, url):
    """What the upgrade is refused with."""
    try:
        Socket(url, offered).cut()
    except Refused as refused:
        return refused.status, refused.problem["code"]
    raise AssertionError(f"{offered} was let in")
