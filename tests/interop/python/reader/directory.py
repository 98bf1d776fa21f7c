"""What the log accepts of clear statements, in log order (section 2.2)."""

from .names import fold
from .note import Key
from .refused import Refused, refuse_unless
from .statement import Statement


class Terminal:
    def __init__(self, institution: str, key: bytes, place: tuple):
        self.institution, self.key, self.admitted, self.removed = institution, key, place, None

    def counts_at(self, place: tuple) -> bool:
        return self.admitted < place and (self.removed is None or place < self.removed)


class Institution:
    def __init__(self):
        self.records, self.standings, self.profiles, self.key_sets = [], [], [], []
        # What its keys and its standing were, from which place on.
        self.keys, self.activity = [], []
        # The number of the key set that a removal has voided.
        self.voided = 0

    @property
    def key(self) -> bytes | None:
        return self.records[-1].get("key") if self.records else None

    @property
    def active(self) -> bool:
        return not self.standings or self.standings[-1].get("state") == "active"

    def key_at(self, place: tuple) -> bytes | None:
        return latest(self.keys, place, None)

    def active_at(self, place: tuple) -> bool:
        return latest(self.activity, place, True)

    @property
    def key_set(self) -> Statement | None:
        if not self.key_sets or self.key_sets[-1].get("number") <= self.voided:
            return None
        return self.key_sets[-1]


class Directory:
    """The state after some leaves. `apply` takes the next one or refuses it."""

    def __init__(self):
        self.origin, self.trust_lists, self.institutions, self.terminals = None, [], {}, {}
        self.catalogue, self.holders, self.numbers, self.names = 0, {}, {}, {}

    def apply(self, statement: Statement, place: tuple) -> None:
        if not self.trust_lists:
            refuse_unless(statement.kind == "trust-list", "the first entry is a trust list")
        refuse_unless(self.origin in (None, statement.origin), "a statement of another log")
        rule = {
            "trust-list": self.trust_list, "institution": self.institution, "standing": self.standing,
            "catalogue": self.new_catalogue, "profile": self.profile, "key-set": self.key_set,
            "terminal": self.terminal, "terminal-removed": self.terminal_removed, "tick": lambda *_: None,
        }.get(statement.kind)  # fmt: skip
        refuse_unless(rule, f"{statement.kind} is no clear leaf")
        rule(statement, place)

    # === who signed

    def administrator_keys(self, trust_list: Statement) -> list[Key]:
        return [Key(f"{trust_list.origin}/administrator/{id}", key)
                for id, key, _ in trust_list.all("administrator")]

    def signed_by_threshold(self, statement: Statement) -> bool:
        newest = self.trust_lists[-1]
        keys = self.administrator_keys(newest)
        by = [any(one.is_by(key, statement.text) for key in keys) for one in statement.signatures]
        return all(by) and len(by) == newest.get("threshold")

    def demand_threshold(self, statement: Statement) -> None:
        refuse_unless(self.signed_by_threshold(statement), "not signed by the threshold")

    def member(self, statement: Statement) -> Institution:
        """The institution whose newest key signed the statement, and nobody else."""
        id = statement.get("institution")
        institution = self.institutions.get(id)
        refuse_unless(institution and institution.key, "no such member")
        refuse_unless(institution.active or statement.kind == "terminal-removed", "a suspended institution")
        key = Key(f"{statement.origin}/institution/{id}", institution.key)
        refuse_unless(signed_by_only(statement, key), "not signed by the institution")
        return institution

    # === the kinds

    def trust_list(self, new: Statement, _place) -> None:
        keys, version = self.administrator_keys(new), new.get("version")
        if not self.trust_lists:
            refuse_unless(version == 1, "the first trust list is version 1")
            old, old_keys = None, keys
        else:
            old = self.trust_lists[-1]
            refuse_unless(version == old.get("version") + 1, "versions grow by one")
            refuse_unless(new.get("previous") == old.digest, "previous is another list")
            old_keys = self.administrator_keys(old)
        by_old = count(new, old_keys)
        by_new = count(new, keys)
        by_any = count(new, old_keys + keys)
        refuse_unless(by_any == len(new.signatures), "signed by somebody else too")
        refuse_unless(by_new >= new.get("threshold"), "too few new administrators signed")
        refuse_unless(old is None or by_old >= old.get("threshold"), "too few old administrators signed")
        if old is None:
            refuse_unless(len(new.signatures) == new.get("threshold"), "list 1 is signed by its threshold")
        for (log_key,) in new.all("log"):
            refuse_unless(log_key.name == new.origin, "a log key of another origin")
        for id, key, recipient in new.all("administrator"):
            self.bind(key, "administrator", id)
            self.bind(recipient, "administrator", id)
        self.origin = new.origin
        self.trust_lists.append(new)

    def institution(self, record: Statement, place) -> None:
        self.demand_threshold(record)
        id = record.get("institution")
        institution = self.institutions.get(id, Institution())
        refuse_unless(record.get("version") == len(institution.records) + 1, "versions grow by one")
        holder = self.numbers.get(record.get("number"), id)
        refuse_unless(holder == id, "the number of another institution")
        folded = (fold(record.get("name")), fold(record.get("label") or "") if record.get("label") else "")
        refuse_unless(self.names.get(folded, id) == id, "the name of another institution")
        key = record.get("key")
        if key:
            self.bind(key, "institution", id)
        if institution.records and key != institution.key:
            for terminal in self.terminals.values():
                if terminal.institution == id and terminal.removed is None:
                    terminal.removed = place
        # A name or number that a later record gives up is free again.
        self.names = {name: one for name, one in self.names.items() if one != id} | {folded: id}
        self.numbers = {number: one for number, one in self.numbers.items() if one != id} | {record.get("number"): id}
        institution.records.append(record)
        institution.keys.append((place, key))
        self.institutions[id] = institution

    def standing(self, standing: Statement, place) -> None:
        self.demand_threshold(standing)
        institution = self.known(standing)
        refuse_unless(standing.get("version") == len(institution.standings) + 1, "versions grow by one")
        institution.standings.append(standing)
        institution.activity.append((place, institution.active))

    def new_catalogue(self, catalogue: Statement, _place) -> None:
        self.demand_threshold(catalogue)
        refuse_unless(catalogue.get("version") == self.catalogue + 1, "versions grow by one")
        self.catalogue += 1

    def profile(self, profile: Statement, _place) -> None:
        institution = self.member(profile)
        refuse_unless(profile.get("version") == len(institution.profiles) + 1, "versions grow by one")
        institution.profiles.append(profile)

    def key_set(self, key_set: Statement, _place) -> None:
        institution = self.member(key_set)
        refuse_unless(key_set.get("number") == len(institution.key_sets) + 1, "numbers grow by one")
        if institution.key_sets:
            refuse_unless(key_set.get("previous") == institution.key_sets[-1].digest, "previous is another")
        self.bind(key_set.get("recipient"), "key-set", (key_set.get("institution"), key_set.get("number")))
        institution.key_sets.append(key_set)

    def terminal(self, admission: Statement, place) -> None:
        self.member(admission)
        id = admission.get("terminal")
        refuse_unless(id not in self.terminals, "a terminal is admitted once")
        self.bind(admission.get("key"), "terminal", id)
        self.terminals[id] = Terminal(admission.get("institution"), admission.get("key"), place)

    def terminal_removed(self, removal: Statement, place) -> None:
        institution = self.known(removal)
        by_administrators = self.signed_by_threshold(removal)
        if not by_administrators:
            self.member(removal)
        terminal = self.terminals.get(removal.get("terminal"))
        refuse_unless(terminal and terminal.institution == removal.get("institution"), "no such terminal")
        refuse_unless(terminal.removed is None, "the terminal is removed already")
        terminal.removed = place
        if by_administrators and removal.get("reason") == "lost" and institution.key_sets:
            institution.voided = institution.key_sets[-1].get("number")

    # === what is known

    def known(self, statement: Statement) -> Institution:
        institution = self.institutions.get(statement.get("institution"))
        refuse_unless(institution, "no such institution")
        return institution

    def bind(self, key, role: str, holder) -> None:
        """A key belongs to one holder in one role, for ever."""
        refuse_unless(self.holders.setdefault(key, (role, holder)) == (role, holder), "another's key")

    def log_keys(self) -> list[Key]:
        if not self.trust_lists:
            raise Refused("no trust list")
        return [key for (key,) in self.trust_lists[-1].all("log")]

    def all_log_keys(self) -> list[Key]:
        return [key for one in self.trust_lists for (key,) in one.all("log")]


def latest(history: list, place: tuple, otherwise):
    """The value that the last change before the place gave."""
    return next((value for at, value in reversed(history) if at < place), otherwise)


def count(statement: Statement, keys: list[Key]) -> int:
    return sum(any(one.is_by(key, statement.text) for key in keys) for one in statement.signatures)


def signed_by_only(statement: Statement, *keys: Key) -> bool:
    """Exactly those signature lines, each valid."""
    return len(statement.signatures) == len(keys) and count(statement, list(keys)) == len(keys)
