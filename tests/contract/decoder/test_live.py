"""A client that knows docs/PROTOCOL.md alone plays on the server at SHARDLINK_URL, in binary."""

import os
import unittest

from player import SUBPROTOCOL, Player, ok, refusal
from wire import rest

URL = os.environ["SHARDLINK_URL"]
STANDS = {"x": 0.0, "y": 0.0, "z": 0.0}


def seen(player, slot, fits=lambda entry: True):
    """Where a player is shown somebody, in metres of the location, by the next frame that fits."""

    def entry_of(message):
        if message["type"] != "position_frame":
            return None
        return next((one for one in message["players"] if one["slot"] == slot and fits(one)), None)

    frame = player.wait(lambda message: entry_of(message) is not None, f"position_frame of slot {slot}")
    position = entry_of(frame)["position"]
    return tuple(round(position[axis] + 50 * frame["cell"].get(axis, 0), 2) for axis in "xyz")


class World(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.a = Player(URL).sign_up().make_character().select()
        # Of another faction, so that each is told of the other by sight alone.
        cls.b = Player(URL).sign_up().make_character(faction="Shadowborn").select()

    @classmethod
    def tearDownClass(cls):
        for player in (cls.a, cls.b):
            player.socket.cut()

    def slot_of_a(self):
        """A's slot, as B was told it: on entering or when A came into sight."""
        here = [one for one in self.b.place["players"] if one["character_id"] == self.a.character["id"]]
        if here:
            return here[0]["slot"]
        return self.b.next("player_joined_area", lambda one: one["character_id"] == self.a.character["id"])["slot"]

    def test_1_what_the_door_refuses(self):
        self.assertEqual(refusal([SUBPROTOCOL, "t1_forged"], URL), (401, "INVALID_TICKET"))
        self.assertEqual(refusal([SUBPROTOCOL, "resume.r1_forged"], URL), (401, "INVALID_TICKET"))
        self.assertEqual(refusal(["shardlink.v9.bin"], URL), (400, "UNSUPPORTED_VERSION"))
        ticket = self.a.ticket()
        self.a.open(ticket)
        self.a.next("auth_response")
        self.assertEqual(refusal([SUBPROTOCOL, ticket], URL), (401, "INVALID_TICKET"))

    def test_2_without_a_ticket_one_signs_in_with_the_first_message(self):
        self.b.open()
        early = self.b.ask("chat", content="Is anybody there?")
        self.assertEqual((early["type"], early["error_code"]), ("error", "UNAUTHENTICATED"))
        answer = self.b.ask("auth_request", username=self.b.account["username"], session_token=self.b.token)
        self.assertEqual((answer["type"], answer["success"]), ("auth_response", True))
        self.b.open()
        answer = self.b.ask("auth_request", username=self.b.account["username"], session_token="s1_forged")
        self.assertEqual((answer["type"], answer["success"]), ("auth_response", False))
        self.assertEqual(self.b.closed(), 4001)

    def test_3_by_a_ticket_one_enters_unasked_and_is_seen_to_walk(self):
        response = self.a.enter()
        self.assertEqual(response["character"]["id"], self.a.character["id"])
        self.assertEqual(response["player_id"], self.a.player_id)
        self.b.enter()
        self.assertEqual({self.a.place["location_id"], self.b.place["location_id"]}, {response["character"]["location_id"]})
        slot = self.slot_of_a()

        # Within 5 m of the entrance at once; the answer is a copy.
        moved = self.a.step(3, -4, 0.5, 0)
        self.assertEqual((moved["type"], moved["position"]), ("move", {"x": 3.0, "y": -4.0, "z": 0.0}))
        self.assertEqual(seen(self.b, slot, lambda one: one["velocity"]["x"] == 0.5)[1:], (-4.0, 0.0))
        stood = self.a.step(3, -4, 0, 0)
        self.assertEqual(stood["type"], "move", stood)
        self.assertEqual(seen(self.b, slot, lambda one: one["velocity"] == STANDS and one["position"]["x"] == 3), (3.0, -4.0, 0.0))

    def test_4_a_step_that_is_too_long_is_corrected(self):
        answer = self.a.step(400, 0, 0, 0)
        self.assertEqual((answer["type"], answer["client_seq"]), ("position_correction", self.a.stepped))
        self.assertEqual(answer["position"], {"x": 3.0, "y": -4.0, "z": 0.0})

    def test_4_one_walks_as_fast_as_ones_dexterity_allows_and_a_tenth_more(self):
        dexterity = self.a.character["stats"]["dexterity"]
        speed = min(8, 6 + 0.2 * max(0, dexterity - 10))
        self.assertEqual(self.a.step(3, -4, 1.09 * speed, 0)["type"], "move")
        self.assertEqual(self.a.step(3, -4, 0, 1.11 * speed)["type"], "position_correction")
        self.assertEqual(self.a.step(3, -4, 0, 0)["type"], "move")

    def test_5_what_is_said_is_heard_by_both_with_one_number_for_each(self):
        copy = self.a.ask("chat", content="Grüße!")
        heard = self.b.next("chat", lambda one: one["content"] == "Grüße!")
        self.assertEqual(heard["sender_id"], self.a.character["id"])
        self.assertTrue(copy["seq"] > 0 and heard["seq"] > 0 and "reply_to" not in heard)
        self.a.send("ack", last_seq=self.a.last_seq)
        refused = self.a.ask("ack", last_seq=self.a.last_seq)
        self.assertEqual((refused["error_code"], refused["details"]["field"]), ("INVALID_FIELD", "message_id"))

    def test_5b_lists_of_shapes_read_as_rest_and_the_other_say_them(self):
        """Those of which the golden frames hold none."""
        held = self.a.ask("inventory")
        over_rest = ok(rest(URL, "GET", f"/api/characters/{self.a.character['id']}/inventory", token=self.a.token))
        self.assertTrue(held["items"])
        self.assertEqual({name: held[name] for name in ("items", "souls")}, {name: over_rest[name] for name in ("items", "souls")})
        history = self.b.ask("chat_history", channel="global")["messages"]
        self.assertEqual(history[-1]["chat"]["content"], "Grüße!")
        self.assertEqual(history[-1]["chat"]["sender_name"], self.a.character["name"])
        party = self.b.ask("party_create", party_name="The Two")
        self.assertEqual((party["member_names"], party["online"]), ([self.b.character["name"]], [self.b.character["id"]]))

    def test_6_a_cut_connection_is_resumed_and_what_was_missed_comes_once(self):
        self.a.socket.cut()
        said = self.b.ask("chat", content="While you were away.")
        self.assertEqual(said["type"], "chat")
        resumed = self.a.cut_and_resume()
        self.assertEqual((resumed["replayed"], resumed["snapshot"]), (1, False))
        self.a.next("location_update")
        missed = [one["content"] for one in self.a.heard if one["type"] == "chat"]
        self.assertEqual(missed, ["While you were away."])
        # Steps may be numbered anew, and one stands where one stood.
        self.a.stepped = 0
        self.assertEqual(self.a.step(3, -4, 0, 0)["type"], "move")

    def test_7_a_renewed_session_gives_another_resume_token(self):
        before = self.a.resume_token
        self.a.token = ok(rest(URL, "POST", "/api/auth/refresh", token=self.a.token))["session_token"]
        renewed = self.a.next("auth_response")
        self.assertEqual((renewed["success"], renewed["character"]), (True, None))
        now = renewed["resume_token"]
        self.assertNotEqual(now, before)
        self.a.open(f"resume.{before}")
        refused = self.a.ask("resume", last_seq=self.a.last_seq)
        self.assertEqual((refused["type"], refused["success"]), ("auth_response", False))
        self.assertEqual(self.a.closed(), 4001)
        self.a.resume_token = now
        self.assertEqual(self.a.cut_and_resume()["type"], "resumed")

    def test_8_heartbeats_and_the_way_out(self):
        self.a.socket.send(b"ping", opcode=1)
        self.assertEqual(self.a.ask("ping")["type"], "pong")
        self.assertEqual(self.a.socket.texts, ["pong"])
        kept = self.a.resume_token
        self.assertEqual(self.a.ask("disconnect")["type"], "disconnect")
        self.assertEqual(self.a.closed(), 1000)
        self.b.next("player_left_area", lambda one: one["character_id"] == self.a.character["id"])

        # The place is not kept any more: one enters anew, and is told so before `resumed`.
        self.a.resume_token, self.a.last_seq = kept, 0
        self.a.open(f"resume.{kept}")
        self.a.send("resume", last_seq=0)
        self.assertEqual(self.a.next("auth_response")["character"]["id"], self.a.character["id"])
        resumed = self.a.next("resumed")
        self.assertEqual((resumed["replayed"], resumed["snapshot"]), (0, True))
        self.a.next("location_update")

    def test_9_a_character_is_selected_on_the_socket_too(self):
        self.a.make_character()
        answer = self.a.ask("character_select", character_id=self.a.character["id"])
        self.assertEqual((answer["type"], answer["character_id"]), ("character_update", self.a.character["id"]))
        self.a.next("location_update")


class Strangers(unittest.TestCase):
    def test_sixteen_of_a_network_may_wait_and_none_longer_than_its_five_seconds(self):
        waiting = [Player(URL).open() for _ in range(16)]
        self.assertEqual(refusal([SUBPROTOCOL], URL), (429, "RATE_LIMITED"))
        self.assertEqual(waiting[0].closed(), 4001)
        for one in waiting:
            one.socket.cut()


if __name__ == "__main__":
    unittest.main()
