"""An institution's terminal at work: the directory, sending, receiving, answering."""

import base64
import hashlib
import json
import secrets

from reader import evidence, evidence_file, letter as letters, log, note as notes, statement as statements
from reader.directory import Directory
from reader.refused import refuse_unless
from tsumugu.v1 import (
    directory_pb2, directory_pb2_grpc, exchange_pb2, exchange_pb2_grpc, letter_pb2, log_pb2, log_pb2_grpc,
)  # fmt: skip

from . import connection
from .enrolment import Request
from .sealer import Sealer
from .writing import message_id, now_ms, time_text, write

TICK_LIMIT = 2 * 3_600_000


class Office:
    def __init__(self, request: Request, certificates: list[bytes], worker_receipt, sealer: Sealer):
        self.request, self.keys, self.origin, self.sealer = request, request.keys, request.origin, sealer
        self.worker_receipt, self.worker = worker_receipt, request.finished[-1]
        refuse_unless(
            connection.spiffe_name(certificates[0])
            == f"spiffe://{self.origin}/institution/{self.keys.institution}/terminal/{self.keys.terminal_id}",
            "a certificate for somebody else",
        )
        identity = (self.keys.tls_key, certificates)
        channel = connection.channel(request.address, self.origin.partition("/")[0], request.ca, identity)
        self.directories = directory_pb2_grpc.DirectoryServiceStub(channel)
        self.exchange = exchange_pb2_grpc.ExchangeServiceStub(channel)
        self.logs = log_pb2_grpc.LogServiceStub(channel)
        self.checkpoint, self.clear, self.records, self.letters, self.salts = None, [], {}, {}, {}

    # === the log

    def sync(self) -> None:
        """The clear chain, replayed by every rule, up to a proved tick; and the newest checkpoint."""
        pieces = self.directories.SyncDirectory(directory_pb2.SyncDirectoryRequest(start_number=0))
        leaves, head = [], None
        for piece in pieces:
            if piece.WhichOneof("part") == "leaves":
                leaves += piece.leaves.leaves
            else:
                head = piece.head
        self.clear, before = [], log.NOTHING
        directory = Directory()
        for number, one in enumerate(leaves):
            leaf = log.read_entry(one.entry)
            refuse_unless(isinstance(leaf, log.Clear), "no clear leaf")
            refuse_unless((leaf.number, leaf.previous) == (number, before), "no chain")
            statement = statements.parse(leaf.statement)
            directory.apply(statement, leaf.place)
            self.clear.append(evidence_file.Shown(one.index, leaf, statement, []))
            before = log.clear_hash(leaf)
        self.directory = directory
        last = self.clear[-1]
        proved = self.verify(head, last.leaf.statement)
        refuse_unless(proved.leaf == last.leaf and proved.index == last.index, "the chain's end is not proved")
        ticks = [one for one in self.clear if one.statement.kind == "tick"]
        refuse_unless(ticks and ticks[-1].leaf.time > now_ms() - TICK_LIMIT, "a chain that has not moved for hours")

    def verify(self, receipt, record: bytes) -> evidence_file.Shown:
        """A receipt by every rule; its checkpoint continues the last one."""
        leaf, checkpoint = log.check_receipt(receipt, record, self.directory.log_keys(), self.origin)
        self.remember(checkpoint)
        self.salts[receipt.index] = receipt.private.salt
        return evidence_file.Shown(receipt.index, leaf, statements.parse(record), list(receipt.proof))

    def remember(self, checkpoint: log.Checkpoint) -> None:
        """Of two checkpoints the newer one, if the log of the one continues that of the other."""
        if self.checkpoint:
            old, checkpoint = sorted((self.checkpoint, checkpoint), key=lambda one: one.size)
            self.check_continues(old, checkpoint)
        self.checkpoint = checkpoint

    def check_continues(self, old: log.Checkpoint, new: log.Checkpoint) -> None:
        """The exchange proves the way to its newest checkpoint, from either."""
        if old.size == new.size:
            refuse_unless(old.root == new.root, "a fork")
            return
        self.check_continues(*(self.newest_from(one) for one in (old, new)))

    def newest_from(self, known: log.Checkpoint) -> log.Checkpoint:
        request = log_pb2.GetCheckpointRequest(known_checkpoint=notes.encode(known.note))
        answer = self.logs.GetCheckpoint(request)
        newest = log.read_checkpoint(answer.checkpoint)
        refuse_unless(newest.is_signed_by(self.directory.log_keys()), "no log key signed the checkpoint")
        log.check_consistency(known, newest, list(answer.consistency_proof))
        return newest

    # === sending

    def send(self, recipient: str, form: dict) -> str:
        """A sheet to an institution's main unit; gives the message's id."""
        self.sync()
        now, me = now_ms(), self.keys.institution
        id = message_id(now)
        parties = [self.directory.institutions[one] for one in (me, recipient)]
        letter_key, salt = secrets.token_bytes(32), secrets.token_bytes(32)
        author = letter_pb2.Author(
            kind=letter_pb2.LETTER_KIND_SHEET, body_type="application/json",
            body=json.dumps(form, ensure_ascii=False).encode(), worker=self.shown(), letter_key=letter_key,
        ).SerializeToString()  # fmt: skip

        def envelope(content: bytes, body: bytes):
            return write("envelope", self.origin, [
                ("id", id), ("from", me), ("to", recipient, "main"), ("content", content),
                ("body", hashlib.sha256(body).digest(), len(body)), ("urgency", "normal"),
                ("key-sets", *(one.key_set.digest for one in parties)), ("composed", time_text(now)),
            ], self.keys.terminal)  # fmt: skip

        # The header has none of the lines that sealing adds, so any content gives the same.
        note = self.author_note(letters.header(envelope(bytes(32), b"")), author)
        maker = letter_pb2.Maker(
            salt=salt, checkpoint=notes.encode(self.checkpoint.note), clear_number=self.clear[-1].leaf.number,
            clear_head=log.clear_hash(self.clear[-1].leaf),
        )  # fmt: skip
        letter = letter_pb2.Letter(author=author, author_note=note, maker=maker).SerializeToString()
        recipients = [one.key_set.get("recipient") for one in parties]
        body = self.sealer.seal(recipients, letters.pack(letter))
        statement = envelope(letters.tagged("content", salt, letter), body)
        outgoing = exchange_pb2.OutgoingLetter(envelope=statement.raw, body=body)
        answer = self.exchange.Send(exchange_pb2.SendRequest(letters=[outgoing]))
        self.keep(self.verify(answer.receipts[0], statement.raw))
        self.letters[id] = (letter, letter_key)
        return id

    def author_note(self, header: bytes, author: bytes) -> bytes:
        lines = [("header", header), ("author", letters.tagged("author", author))]
        return write("author", self.origin, lines, self.keys.worker).raw

    def shown(self) -> letter_pb2.ShownWorker:
        return letter_pb2.ShownWorker(
            statement=self.worker.raw, receipt=self.worker_receipt, card=self.keys.card, card_salt=self.keys.card_salt
        )

    # === receiving

    def receive(self) -> list[str]:
        """Takes in the mailbox; gives the messages that came and were not fetched yet."""
        self.sync()
        events = exchange_pb2.SubscribeRequest(start=0, stop_at_end=True)
        came, number = [], 0
        for piece in self.exchange.Subscribe(events):
            for event in piece.events.events:
                refuse_unless(event.number == number, "a gap in the mailbox")
                number += 1
                shown = self.verify(event.receipt, event.receipt.record)
                self.keep(shown, event.detail)
                if shown.statement.kind == "envelope" and shown.statement.get("to")[0] == self.keys.institution:
                    came.append((shown.statement.get("from"), shown.statement.get("id")))
        return [message for message in came if message[1] not in self.letters]

    def keep(self, shown: evidence_file.Shown, detail: bytes = b"") -> None:
        statement = shown.statement
        if statement.get("id"):
            self.records.setdefault(statement.get("id"), {})[shown.index] = (shown, detail)

    def open(self, sender: str, id: str) -> letter_pb2.Author:
        """Fetches a letter, checks everything of it, says that it was opened."""
        pieces = list(self.exchange.Fetch(exchange_pb2.FetchRequest(**{"from": sender, "id": id})))
        receipt, body = pieces[0].receipt, b"".join(piece.chunk for piece in pieces[1:])
        self.keep(self.verify(receipt, receipt.record))
        envelope = self.envelope(id)
        refuse_unless((hashlib.sha256(body).digest(), len(body)) == envelope.get("body"), "another body")
        letter = letters.unpack(self.sealer.open(self.keys.identity, body))
        self.replay(id, letter)
        author = letters.decode(letter_pb2.Author, letters.decode(letter_pb2.Letter, letter).author)
        self.letters[id] = (letter, author.letter_key)
        statement = write("opened", self.origin, [*self.about(envelope), ("content", envelope.get("content")),
                          ("by", self.keys.institution)], self.keys.terminal)  # fmt: skip
        answer = self.exchange.Opened(exchange_pb2.OpenedRequest(statement=statement.raw))
        self.keep(self.verify(answer.receipt, statement.raw))
        return author

    def acknowledge(self, id: str, comment: str) -> None:
        envelope, me = self.envelope(id), self.keys.institution
        lines = [*self.about(envelope), ("content", envelope.get("content")), ("by", me),
                 ("answer", "acknowledged"), ("answered", time_text(now_ms()))]  # fmt: skip

        def disposition(detail: tuple):
            return write("disposition", self.origin, [*lines, ("detail", *detail)], self.keys.terminal)

        author = letter_pb2.DetailAuthor(worker=self.shown(), comment=comment).SerializeToString()
        header = letters.header(disposition((bytes(32), bytes(32), 0)))
        note = self.author_note(header, author)
        detail = letter_pb2.Detail(author=author, author_note=note).SerializeToString()
        salt = secrets.token_bytes(32)
        sealed = self.sealer.seal_under(self.letters[id][1], salt + detail)
        commitment = letters.tagged("detail", salt, detail)
        statement = disposition((commitment, hashlib.sha256(sealed).digest(), len(sealed)))
        answer = self.exchange.Dispose(exchange_pb2.DisposeRequest(statement=statement.raw, detail=sealed))
        self.keep(self.verify(answer.receipt, statement.raw), sealed)

    def about(self, envelope) -> list[tuple]:
        return [("from", envelope.get("from")), ("id", envelope.get("id")), ("envelope", envelope.digest)]

    def envelope(self, id: str):
        return next(shown.statement for shown, _ in self.records[id].values() if shown.statement.kind == "envelope")

    # === what is known of a message

    def replay(self, id: str, letter: bytes | None = None):
        """All that is known of a message, by the rules of evidence; gives it with its details opened."""
        letter = letter or self.letters[id][0]
        shown = [one for one, _ in self.records[id].values()]
        envelope = self.envelope(id)
        message = (envelope.get("from"), id)
        details = self.details(id) if id in self.letters else []
        file = evidence_file.File(self.origin, message, self.checkpoint, self.clear, shown, letter, details)
        _, replayed = evidence.replay(file)
        replayed.finish()
        return replayed

    def details(self, id: str) -> list[evidence_file.Detail]:
        opened = []
        for index, (_, sealed) in sorted(self.records[id].items()):
            if sealed:
                plain = self.sealer.open_under(self.letters[id][1], sealed)
                opened.append(evidence_file.Detail(index, plain[:32], plain[32:]))
        return opened

    def evidence(self, id: str) -> bytes:
        """A file of evidence (section 7) of what is known of a message."""
        replayed, details = self.replay(id), self.details(id)
        clear = [one for one in self.clear if replayed.belongs(one.statement)]
        private = sorted((one for one, _ in self.records[id].values()), key=lambda one: one.index)
        request = log_pb2.GetInclusionProofsRequest(indexes=[one.index for one in clear + private])
        answer = self.logs.GetInclusionProofs(request)
        proofs = [b"".join(proof.hashes) for proof in answer.proofs]
        sender = replayed.envelope.get("from")
        rows = ["tsumugu/v1/evidence", f"origin {self.origin}", f"message {sender} {id}"]
        rows.append(f"checkpoint {text(answer.checkpoint)}")
        for shown, proof in zip(clear, proofs):
            leaf = shown.leaf
            rows.append(f"clear {shown.index} {leaf.time} {leaf.number} {leaf.previous.hex()} "
                        f"{text(leaf.statement)} {text(proof)}")
        for shown, proof in zip(private, proofs[len(clear):]):
            leaf = shown.leaf
            rows.append(f"private {shown.index} {leaf.time} {leaf.number} {leaf.head.hex()} "
                        f"{self.salts[shown.index].hex()} {text(shown.statement.raw)} {text(proof)}")
        rows.append(f"letter {text(self.letters[id][0])}")
        rows += [f"detail {one.index} {one.salt.hex()} {text(one.raw)}" for one in details]
        body = "".join(row + "\n" for row in rows).encode()
        return body + f"checksum {hashlib.sha256(body).hexdigest()}\n".encode()


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode() or "-"
