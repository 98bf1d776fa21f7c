"""The private leaves of one message, its letter and its details (sections 2.2, 4 and 7)."""

from . import evidence_file, letter as letters, log
from .directory import Directory, signed_by_only
from .note import Key
from .places import Places
from .refused import refuse_unless
from .statement import Statement
from tsumugu.v1 import letter_pb2

LETTER_LIMIT = 1_048_576
DETAIL_LIMIT = 8_192 - 32


class Message:
    def __init__(self, file: evidence_file.File, directory: Directory):
        self.file, self.directory, self.places = file, directory, Places(file.clear + file.private)
        self.envelope, self.sent, self.events, self.workers, self.used = None, None, [], {}, set()
        self.shown_workers = set()

    # === the leaves, in log order

    def apply(self, shown) -> None:
        statement, place = shown.statement, shown.place
        refuse_unless(statement.origin == self.directory.origin, "a statement of another log")
        rule = {
            "worker": self.worker, "envelope": self.new_envelope, "fetched": self.fetched,
            "undelivered": self.of_exchange, "destroyed": self.of_exchange, "opened": self.of_recipient,
            "disposition": self.disposition, "recall": self.recall,
        }.get(statement.kind)  # fmt: skip
        refuse_unless(rule, f"{statement.kind} is no leaf of a message")
        if statement.kind not in ("worker", "envelope"):
            refuse_unless(self.envelope, "the envelope comes first")
            refuse_unless((statement.get("from"), statement.get("id")) == self.file.message, "another message")
            refuse_unless(statement.get("envelope") == self.envelope.digest, "another envelope")
            self.events.append(shown)
        rule(statement, place)

    def worker(self, worker: Statement, place) -> None:
        """The admission of a worker, in a leaf or by a receipt: checked at its place."""
        id = worker.get("institution")
        institution = self.directory.institutions.get(id)
        refuse_unless(institution and institution.key_at(place), "no such member")
        refuse_unless(institution.active_at(place), "a suspended institution")
        key = Key(f"{worker.origin}/institution/{id}", institution.key_at(place))
        refuse_unless(signed_by_only(worker, key), "the institution did not admit the worker")
        pair = (worker.get("worker"), worker.get("terminal"))
        refuse_unless(pair not in self.workers, "a worker is admitted once at a terminal")
        self.demand_terminal(worker.get("terminal"), id, place)
        self.directory.bind(worker.get("key"), "worker", pair)
        self.workers[pair] = (worker, place)

    def new_envelope(self, envelope: Statement, place) -> None:
        refuse_unless(self.envelope is None, "two envelopes")
        refuse_unless((envelope.get("from"), envelope.get("id")) == self.file.message, "another message")
        recipient, unit = envelope.get("to")
        parties = [self.directory.institutions.get(id) for id in (envelope.get("from"), recipient)]
        refuse_unless(all(one and one.key and one.active for one in parties), "not two active members")
        self.signed_by_terminal(envelope, envelope.get("from"), place)
        profiles = parties[1].profiles
        units = [id for id, _ in profiles[-1].all("unit")] if profiles else []
        refuse_unless(unit in units, "no such unit")
        sets = tuple(one.key_set.digest if one.key_set else None for one in parties)
        refuse_unless(envelope.get("key-sets") == sets, "not the newest key sets")
        self.envelope, self.sent = envelope, place

    def fetched(self, fetched: Statement, place) -> None:
        refuse_unless(fetched.get("by") == self.envelope.get("to")[0], "by somebody else")
        self.demand_terminal(fetched.get("terminal"), fetched.get("by"), place)

    def of_exchange(self, _statement: Statement, _place) -> None:
        pass

    def of_recipient(self, statement: Statement, place) -> None:
        refuse_unless(statement.get("content") == self.envelope.get("content"), "another content")
        refuse_unless(statement.get("by") == self.envelope.get("to")[0], "by somebody else")
        self.signed_by_terminal(statement, statement.get("by"), place)

    def disposition(self, disposition: Statement, place) -> None:
        self.of_recipient(disposition, place)
        before = [one.statement for one in self.events[:-1] if one.statement.kind == "disposition"]
        newest = before[-1].digest if before else None
        refuse_unless(disposition.get("previous") == newest, "previous is not the disposition before")

    def recall(self, recall: Statement, place) -> None:
        self.signed_by_terminal(recall, recall.get("from"), place)

    def signed_by_terminal(self, statement: Statement, institution: str, place) -> None:
        refuse_unless(self.directory.institutions[institution].active, "a suspended institution")
        for id, terminal in self.directory.terminals.items():
            key = Key(f"{statement.origin}/terminal/{id}", terminal.key)
            if terminal.institution == institution and signed_by_only(statement, key):
                self.demand_terminal(id, institution, place)
                return
        refuse_unless(False, "no terminal of the institution signed")

    def demand_terminal(self, id: str, institution: str, place) -> None:
        terminal = self.directory.terminals.get(id)
        refuse_unless(terminal and terminal.institution == institution, "no such terminal")
        refuse_unless(terminal.counts_at(place), "the terminal does not count there")
        self.used.add(id)

    # === when all leaves are known

    def finish(self) -> None:
        refuse_unless(self.envelope, "no envelope")
        if self.file.letter is not None:
            self.check_letter(self.file.letter)
        for detail in self.file.details:
            self.check_detail(detail)

    def check_letter(self, raw: bytes) -> None:
        refuse_unless(len(raw) <= LETTER_LIMIT, "the letter is too long")
        letter = letters.decode(letter_pb2.Letter, raw)
        salt = letter.maker.salt
        refuse_unless(len(salt) == 32, "a salt of another length")
        content = letters.tagged("content", salt, raw)
        refuse_unless(content == self.envelope.get("content"), "another letter")
        author = letters.decode(letter_pb2.Author, letter.author)
        worker = letters.Shown(author.worker)
        refuse_unless(worker.statement.get("institution") == self.envelope.get("from"), "a worker of another")
        self.check_note(letter.author, letter.author_note, self.envelope, self.sent, worker)
        refuse_unless(len(author.attachments) == len(self.envelope.all("attachment")), "other attachments")

    def check_detail(self, detail: evidence_file.Detail) -> None:
        about = [one for one in self.events if one.index == detail.index]
        refuse_unless(about and about[0].statement.get("detail"), "a detail of nothing")
        statement = about[0].statement
        commitment = letters.tagged("detail", detail.salt, detail.raw)
        refuse_unless(commitment == statement.get("detail")[0], "another detail")
        refuse_unless(len(detail.raw) <= DETAIL_LIMIT, "the detail is too long")
        message = letters.decode(letter_pb2.Detail, detail.raw)
        author = letters.decode(letter_pb2.DetailAuthor, message.author)
        worker = letters.Shown(author.worker)
        signer = statement.get("by") or statement.get("from")
        refuse_unless(worker.statement.get("institution") == signer, "a worker of another")
        self.check_note(message.author, message.author_note, statement, about[0].place, worker)

    def check_note(self, author: bytes, note: bytes, about: Statement, place, worker: letters.Shown) -> None:
        """The worker's key counts after the leaf that admits it, as long as its terminal does."""
        written = letters.check_author(author, note, about, worker)
        statement = worker.statement
        id, terminal = statement.get("worker"), statement.get("terminal")
        key = Key(f"{statement.origin}/worker/{id}", statement.get("key"))
        refuse_unless(signed_by_only(written, key), "the worker did not sign")
        known = self.workers.get((id, terminal))
        if known:
            refuse_unless(known[0].raw == statement.raw, "another worker of that name")
            admitted = known[1]
        else:
            refuse_unless(worker.receipt, "nothing shows that the worker was admitted")
            keys, origin = self.directory.all_log_keys(), self.directory.origin
            leaf, _ = log.check_receipt(worker.receipt, statement.raw, keys, origin)
            refuse_unless(isinstance(leaf, log.Private), "a worker is a private leaf")
            self.places.check_fits(worker.receipt.index, leaf)
            admitted = (leaf.number, worker.receipt.index)
            self.worker(statement, admitted)
        refuse_unless(admitted < place, "the worker was admitted later")
        self.demand_terminal(terminal, statement.get("institution"), place)
        self.shown_workers.add((id, terminal))

    def check_belonging(self) -> None:
        """Every leaf is there for a reason."""
        for shown in self.file.clear:
            kind = shown.statement.kind
            refuse_unless(self.belongs(shown.statement), f"a {kind} that belongs to no rule")
        refuse_unless(set(self.workers) == self.shown_workers, "a worker whom nothing shows")

    def belongs(self, statement: Statement) -> bool:
        """Whether the proof of this message needs the clear statement."""
        institution, parties = statement.get("institution"), self.parties
        match statement.kind:
            case "trust-list":
                return True
            case "institution":
                return institution in parties | self.predecessors()
            case "standing" | "profile" | "key-set":
                return institution in parties
            case "terminal" | "terminal-removed":
                return statement.get("terminal") in self.used
            case _:
                return False

    @property
    def parties(self) -> set[str]:
        return {self.envelope.get("from"), self.envelope.get("to")[0]}

    def predecessors(self) -> set[str]:
        """Of the parties, and theirs."""
        records, related = self.directory.institutions, set(self.parties)
        while True:
            named = {one.get("predecessor") for id in related if id in records for one in records[id].records}
            if named - {None} <= related:
                return related
            related |= named - {None}
