"""Reads the printed sheets of a demonstration with poppler's programs.

    paper.py --out DIR/out --paper DIR/paper

For each DIR/out/ID.json there is a DIR/paper/ID.pdf: every page is A4, every font is embedded and has a
map to Unicode, and every text of the sheet's values stands in the pages' text, spaces apart. Dates and
numbers are printed in other forms and are not looked for.
"""

import argparse
import json
import pathlib
import re
import subprocess

A4 = (595.276, 841.89)
# What a printer and a reader may differ by, in points.
TOLERANCE = 0.1
LEAST_TEXT = 2
DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d\d:\d\d|[\d.]+")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--paper", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    sheets = sorted(arguments.out.glob("*.json"))
    if not sheets:
        print("there are no sheets")
        return 1
    faults, looked_for = [], 0
    for sheet in sheets:
        paper = arguments.paper / f"{sheet.stem}.pdf"
        content = json.loads(sheet.read_text("utf-8"))
        wanted = texts(content["values"]) | {content["author"]["name"], content["id"]}
        looked_for += len(wanted)
        faults += [f"{paper.name}: {fault}" for fault in page_faults(paper)]
        printed = squeezed(run("pdftotext", "-raw", paper, "-"))
        faults += [f"{paper.name} lacks {text!r}" for text in sorted(wanted) if squeezed(text) not in printed]
        if squeezed("これは印刷されていない") in printed:
            faults.append(f"{paper.name}: finds anything")
    print("\n".join(faults))
    print(f"{len(sheets)} sheets, {looked_for} texts looked for, {len(faults)} faults")
    return 1 if faults or looked_for < len(sheets) else 0


def page_faults(paper: pathlib.Path) -> list[str]:
    faults = []
    info = run("pdfinfo", "-f", "1", "-l", "99", paper)
    sizes = re.findall(r"size:\s+([\d.]+) x ([\d.]+) pts", info)
    for width, height in sizes:
        if abs(float(width) - A4[0]) > TOLERANCE or abs(float(height) - A4[1]) > TOLERANCE:
            faults.append(f"a page of {width} x {height} points is not A4")
    if not sizes:
        faults.append("no pages")
    if "PDF version:     1.7" not in info:
        faults.append("not PDF 1.7, which PDF/A-2 builds on")
    fonts = run("pdffonts", paper).splitlines()[2:]
    # Columns at the end: embedded, subset, Unicode, object and its generation.
    bad = [font for font in fonts if font.split()[-5:-2] != ["yes", "yes", "yes"]]
    faults += [f"font not embedded, not a subset or without Unicode: {font}" for font in bad]
    if not fonts:
        faults.append("no fonts")
    return faults


def texts(value: object) -> set[str]:
    if isinstance(value, str):
        lines = {line.strip() for line in value.splitlines()}
        return {line for line in lines if len(line) >= LEAST_TEXT and not DATE.fullmatch(line)}
    if isinstance(value, dict):
        return set().union(*map(texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(texts, value))
    return set()


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True)
    return done.stdout.decode("utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
