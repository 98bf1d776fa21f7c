"""What every check raises."""


class Refused(Exception):
    """The bytes break a rule of docs/FORMATS.md."""


def refuse_unless(holds: object, why: str) -> None:
    if not holds:
        raise Refused(why)
