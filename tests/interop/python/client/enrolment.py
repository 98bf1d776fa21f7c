"""Joining as an institution (docs/FORMATS.md, section 5)."""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from reader import codes, letter, statement as statements
from reader.directory import Directory, signed_by_only
from reader.note import verifier_key
from reader.refused import refuse_unless
from tsumugu.v1 import enrolment_pb2, enrolment_pb2_grpc, letter_pb2

from . import connection
from .sealer import Sealer
from .writing import SigningKey, new_id, write


class Keys(NamedTuple):
    """What an institution's terminal keeps."""

    institution: str
    terminal_id: str
    worker_id: str
    office: SigningKey
    terminal: SigningKey
    worker: SigningKey
    identity: str
    recipient: str
    card: bytes
    card_salt: bytes
    tls_key: bytes


class Request:
    """A request on its way: the document is checked, the request is handed in."""

    def __init__(self, ticket: str, sealer: Sealer, name: str, role: str):
        self.address, _, typed = ticket.partition("#")
        secret = codes.read(typed)
        self.invitation = codes.invitation_id(secret)
        # Name and certificate are the other end's word, and nothing secret is said, until the document's
        # MAC is checked: the document has the pin and the origin.
        presented, self.ca = connection.presented(self.address)
        self.service = self.connect(presented)
        self.content = self.document(secret)
        self.origin = self.content.origin
        self.service = self.connect(self.origin.partition("/")[0])
        self.keys = new_keys(self.origin, self.subject, sealer, name, role)
        self.finished = self.statements()
        self.text = self.hand_in(secret)

    def connect(self, name: str) -> enrolment_pb2_grpc.EnrolmentServiceStub:
        return enrolment_pb2_grpc.EnrolmentServiceStub(connection.channel(self.address, name, self.ca))

    @property
    def digits(self) -> str:
        return codes.comparison_digits(self.text)

    def document(self, secret: bytes) -> enrolment_pb2.InvitationContent:
        request = enrolment_pb2.GetInvitationRequest(invitation_id=self.invitation)
        document = self.service.GetInvitation(request).document
        mac = codes.document_mac(secret, document.content)
        refuse_unless(hmac.compare_digest(mac, document.mac), "the document is not by the code's secret")
        content = letter.decode(enrolment_pb2.InvitationContent, document.content)
        self.directory = Directory()
        for number, note in enumerate(content.trust_lists):
            self.directory.apply(statements.parse(note), (number, -1))
        newest = self.directory.trust_lists[-1]
        pins = [pin for (pin,) in newest.all("ca-pin")]
        refuse_unless(connection.pin_of(self.ca) in pins, "the CA of this connection is not pinned")
        refuse_unless(newest.origin == content.origin, "a document of another log")
        keys = [verifier_key(text) for text in content.log_vkeys]
        refuse_unless(keys and set(keys) <= set(self.directory.log_keys()), "a log key that no trust list has")
        invitation = statements.parse(content.invitation)
        by = [key for key in self.directory.administrator_keys(newest) if signed_by_only(invitation, key)]
        refuse_unless(invitation.kind == "invitation" and by, "no administrator signed the invitation")
        refuse_unless(invitation.get("invitation") == self.invitation.hex(), "another invitation")
        refuse_unless(invitation.get("trust-list") == newest.digest, "an invitation under another list")
        self.subject = invitation.get("subject")
        return content

    def statements(self) -> list:
        keys, origin = self.keys, self.origin
        office = ("institution", keys.institution)
        card = letter.tagged("card", keys.card_salt, keys.card)
        return [
            write("profile", origin, [office, ("version", 1), ("unit", "main", "窓口"),
                  ("hours", "mon", "09:00-18:00"), ("closed", "2026-12-31")], keys.office),
            write("key-set", origin, [office, ("number", 1), ("recipient", keys.recipient)], keys.office),
            write("terminal", origin, [office, ("terminal", keys.terminal_id),
                  ("key", keys.terminal.public)], keys.office),
            write("worker", origin, [office, ("worker", keys.worker_id), ("terminal", keys.terminal_id),
                  ("key", keys.worker.public), ("card", card)], keys.office),
        ]  # fmt: skip

    def hand_in(self, secret: bytes) -> bytes:
        keys = self.keys
        private, csr = connection.new_request()
        self.keys = keys._replace(tls_key=private)
        enrolment = write("enrolment", self.origin, [
            ("invitation", self.invitation), ("trust-list", self.directory.trust_lists[-1].digest),
            ("institution", keys.institution), ("key", keys.office.public), ("terminal", keys.terminal_id),
            ("terminal-key", keys.terminal.public), *(("statement", one.digest) for one in self.finished),
            ("csr", hashlib.sha256(csr).digest()),
        ], keys.office, keys.terminal)  # fmt: skip
        self.service.RequestEnrolment(enrolment_pb2.RequestEnrolmentRequest(
            enrolment=enrolment.raw, mac=codes.request_mac(secret, enrolment.text),
            statements=[one.raw for one in self.finished], csr=csr,
        ))  # fmt: skip
        return enrolment.text

    def answer(self) -> enrolment_pb2.GetEnrolmentResponse:
        return self.service.GetEnrolment(enrolment_pb2.GetEnrolmentRequest(invitation_id=self.invitation))


def new_keys(origin: str, institution: str, sealer: Sealer, name: str, role: str) -> Keys:
    terminal, worker = new_id(), new_id()
    identity, recipient = sealer.identity()
    card = letter_pb2.WorkerCard(name=name, role=role).SerializeToString()
    return Keys(
        institution, terminal, worker, SigningKey(f"{origin}/institution/{institution}"),
        SigningKey(f"{origin}/terminal/{terminal}"), SigningKey(f"{origin}/worker/{worker}"),
        identity, recipient, card, secrets.token_bytes(32), b"",
    )  # fmt: skip
