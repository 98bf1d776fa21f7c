"""A care office with a program of its own, at a real exchange: grpcio, messages made from proto/, the second
reader, typage. Its correspondent, the administrator and the exchange are the real programs.

    stranger.py --programs FOLDER --sealer SCRIPT --age FOLDER --forms FOLDER
"""

import argparse
import pathlib
import tempfile
import tomllib

import grpc

from client import connection
from client.enrolment import Request
from client.office import Office
from client.sealer import Sealer
from people import Exchange, INSTITUTIONS, Linux, demand, invite, join
from reader import letter as letters
from spoil import sealed
from tsumugu.v1 import enrolment_pb2, letter_pb2, log_pb2, log_pb2_grpc

NUMBER = INSTITUTIONS["office"][0]
WORKER, ROLE = "森 ケイ", "主任介護支援専門員"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("programs", "sealer", "age", "forms"):
        parser.add_argument("--" + name, type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        Exchange(arguments.programs, pathlib.Path(scratch), "exchange.test/strangers") as exchange,
        Sealer(str(arguments.sealer), str(arguments.age)) as sealer,
    ):
        folder = pathlib.Path(scratch)
        city, hospital = (Linux(arguments.programs, folder, home) for home in ("city", "hospital"))
        fingerprint = city.does("admin", "init", exchange.code)["fingerprint"]
        join(city, hospital, "hospital", "田中 由美", "退院支援看護師")
        office = enrol(city, sealer)
        refused_without_certificate(office)
        message = send(office, hospital, arguments.forms, folder, fingerprint)
        receive(office, hospital, arguments.forms / "notice-conference.toml")
        print(f"message {message[:12]} and its answer are in the log of {fingerprint[:16]}…")


def enrol(city: Linux, sealer: Sealer) -> Office:
    request = Request(invite(city, "office"), sealer, WORKER, ROLE)
    demand("pending", request.answer().state == enrolment_pb2.ENROLMENT_STATE_PENDING)
    waiting = city.does("admin", "pending")["invitations"]
    demand(f"the digits: {waiting}", request.digits in [one.get("digits") for one in waiting])
    demand(f"no problems: {waiting}", all(one["problems"] == [] for one in waiting))
    city.does("admin", "approve", NUMBER, "--digits", request.digits)
    answer = request.answer()
    demand("approved", answer.state == enrolment_pb2.ENROLMENT_STATE_APPROVED)
    office = Office(request, list(answer.certificates), answer.worker_receipts[0], sealer)
    office.sync()
    office.verify(answer.worker_receipts[0], office.worker.raw)
    mine = office.directory.institutions[office.keys.institution]
    demand("its key", mine.key == office.keys.office.public)
    demand("its key set", mine.key_set.raw == request.finished[1].raw)
    print("enrolled: the CA by its pin, the document by its MAC, the request by its digits; certificate and receipts verify")
    return office


def refused_without_certificate(office: Office) -> None:
    name = office.origin.partition("/")[0]
    stub = log_pb2_grpc.LogServiceStub(connection.channel(office.request.address, name, office.request.ca))
    try:
        stub.GetCheckpoint(log_pb2.GetCheckpointRequest())
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
        demand(f"a reason: {error}", b"NO_CERTIFICATE" in details)
        return
    demand("refused without a certificate", False)


def send(office: Office, hospital: Linux, forms: pathlib.Path, folder: pathlib.Path, fingerprint: str) -> str:
    recipient = next(id for id, one in office.directory.institutions.items()
                     if one.records[-1].get("number") == INSTITUTIONS["hospital"][0])
    form = tomllib.loads((forms / "admission-info.toml").read_text("utf-8"))
    message = office.send(recipient, form)
    inbox = hospital.does("inbox")["messages"]
    demand(f"arrived: {inbox}", [one["id"] for one in inbox] == [message])
    opened = hospital.does("open", message)
    demand(f"opened: {opened}", opened["values"]["name"] == form["values"]["name"] and opened["doubts"] == [])
    demand(f"by name: {opened['author']}", opened["author"]["name"] == WORKER)
    hospital.does("ack", message, "--comment", "病棟へ共有します")
    office.receive()
    replayed = office.replay(message)
    kinds = [one.statement.kind for one in replayed.events]
    demand(f"the whole story: {kinds}", kinds == ["fetched", "opened", "disposition"])
    (detail,) = office.details(message)
    author = letter_pb2.DetailAuthor.FromString(letters.decode(letter_pb2.Detail, detail.raw).author)
    demand("the comment", author.comment == "病棟へ共有します")
    file = folder / "stranger.evidence"
    hospital.does("evidence", message, "--out", str(file))
    hospital.does("verify", str(file), "--fingerprint", fingerprint)
    for how, raw in {"whole": office.evidence(message), "spoilt": spoilt(office.evidence(message))}.items():
        file.write_bytes(raw)
        hospital.ends(0 if how == "whole" else 5, "verify", str(file), "--fingerprint", fingerprint)
    print("sent a sealed sheet: the hospital opened and acknowledged it; receipts, letter and detail verify")
    print("wrote evidence of it that tsumugu verify takes as anchored")
    return message


def spoilt(file: bytes) -> bytes:
    """Another time of the last leaf, under a checksum that fits."""
    *rows, _ = file.decode().splitlines()
    at = max(n for n, row in enumerate(rows) if row.startswith("private "))
    words = rows[at].split(" ")
    rows[at] = " ".join([*words[:2], str(int(words[2]) + 1), *words[3:]])
    return sealed([row.encode() for row in rows])


def receive(office: Office, hospital: Linux, notice: pathlib.Path) -> None:
    message = hospital.does("send", "--to", NUMBER, "--notice", str(notice))["letters"][0]["id"]
    came = office.receive()
    demand(f"arrived: {came}", [id for _, id in came] == [message])
    author = office.open(*came[0])
    body = tomllib.loads(notice.read_text("utf-8"))
    demand("a notice", author.kind == letter_pb2.LETTER_KIND_NOTICE and body["form"].encode() in author.body)
    office.acknowledge(message, "二名で参加します")
    office.replay(message)
    events = hospital.does("track", message)["events"]
    demand(f"tracked: {events}", [one["what"] for one in events] == ["accepted", "fetched", "opened", "acknowledged"])
    demand("by name", events[-1]["worker"]["name"] == WORKER and events[-1]["comment"] == "二名で参加します")
    print("received a sealed notice: opened, verified, acknowledged by name; the hospital sees it")


if __name__ == "__main__":
    main()
