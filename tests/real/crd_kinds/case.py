"""One manifest that the API server must refuse."""

from dataclasses import dataclass

DIGITS = "0123456789abcdef"


@dataclass
class Refused:
    """`change` replaces members of the kind's good spec (None removes one)."""

    what: str
    change: dict
    says: tuple  # all of these stand in the message: the field, and the rule's own words
    name: str = ""  # of the object, if that is what is wrong
