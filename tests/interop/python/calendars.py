"""The calendar files of conferences, read by somebody else's parser (the package `icalendar`).

    calendars.py --programs FOLDER

A hospital invites a care office, moves the conference and cancels it; after each the care office writes
the file for its calendar.
"""

import argparse
import datetime
import pathlib
import tempfile

import icalendar

from people import Exchange, INSTITUTIONS, Linux, demand, join

PLACE = "本館2階; カンファレンス室, 北棟（とても長い名前の、線を折り返さないと入らない部屋）\\別館"
UTC = datetime.timezone.utc


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        play(arguments.programs, pathlib.Path(folder))


def play(programs: pathlib.Path, folder: pathlib.Path) -> None:
    with Exchange(programs, folder, "exchange.test") as exchange:
        city, hospital, office = (Linux(programs, folder, name) for name in ("city", "hospital", "office"))
        city.does("admin", "init", exchange.code)
        join(city, hospital, "hospital", "田中 由美", "退院支援看護師")
        join(city, office, "office", "佐藤 健", "介護支援専門員")
        case, files = None, []
        for status, held_at in (("決定", "2027-12-08T16:00"), ("変更", "2027-12-10T09:30"), ("中止", None)):
            case = invite(hospital, folder, case, status, held_at)
            file = folder / f"{len(files)}.ics"
            office.does("conference", "ics", case, "--out", str(file))
            files.append(file.read_bytes())
    first, moved, cancelled = (read(file) for file in files)
    demand("the first is published", first.method == "PUBLISH" and first.sequence == 0)
    demand("four in the afternoon in Japan", first.start == datetime.datetime(2027, 12, 8, 7, 0, tzinfo=UTC))
    demand("it has an end", first.end - first.start == datetime.timedelta(minutes=30))
    demand(f"the place comes back: {first.place!r}", first.place == PLACE)
    demand("moved", moved.start == datetime.datetime(2027, 12, 10, 0, 30, tzinfo=UTC))
    demand("each later one counts", [one.sequence for one in (first, moved, cancelled)] == [0, 1, 2])
    demand("the same entry", len({one.uid for one in (first, moved, cancelled)}) == 1)
    demand("cancelled", (cancelled.method, cancelled.status) == ("CANCEL", "CANCELLED"))
    demand("the case's number and no more", f"（事例 {case[:12]}）" in first.summary)
    demand("who invites", first.organiser == INSTITUTIONS["hospital"][1])
    print("three versions of one conference, read by icalendar", icalendar.__version__)


def invite(hospital: Linux, folder: pathlib.Path, case: str | None, status: str, held_at: str | None) -> str:
    form = folder / "invitation.toml"
    lines = ['form = "notice-conference"', "[values]", f'status = "{status}"', f"place = '{PLACE}'",
             'members = [["医師", "", "整形外科"]]']
    lines += [f'held_at = "{held_at}"'] if held_at else []
    form.write_text("\n".join(lines), encoding="utf-8")
    words = ["send", "--to", INSTITUTIONS["office"][0], "--notice", str(form)]
    return hospital.does(*words, *(["--case", case] if case else []))["case"]


class read:
    """One event of a file, which is well formed."""

    def __init__(self, file: bytes):
        demand("lines end in CRLF", file.endswith(b"\r\n") and b"\n" not in file.replace(b"\r\n", b""))
        demand("lines are folded", all(len(line) <= 75 for line in file.split(b"\r\n")))
        calendar = icalendar.Calendar.from_ical(file)
        demand(f"no errors: {calendar.errors}", not calendar.errors)
        self.method = str(calendar["METHOD"])
        event, = calendar.walk("VEVENT")
        demand(f"no errors: {event.errors}", not event.errors)
        demand("a stamp in UTC", event["DTSTAMP"].dt.utcoffset() == datetime.timedelta(0))
        self.uid, self.sequence, self.status = str(event["UID"]), int(event["SEQUENCE"]), str(event["STATUS"])
        self.start, self.end = event["DTSTART"].dt, event["DTEND"].dt
        self.place, self.summary = str(event["LOCATION"]), str(event["SUMMARY"])
        self.organiser = str(event["ORGANIZER"].params["CN"])


if __name__ == "__main__":
    main()
