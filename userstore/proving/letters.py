"""The two e-mails of a call: the code, and that somebody looks at the record. Neither says whose it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One e-mail; its lines are ours, and the code is all that differs."""

    subject: str
    body: str


def of_code(code: str, environment_name: str) -> Text:
    """Put the code into words; it stands in no subject line, which phones show while they are locked."""
    return Text(
        "Your code for the phone",
        f"Your code is {code[:4]} {code[4:]}.\n\n"
        "Read it to our staff only if you are on the phone with them now. It shows them what you may see of your own "
        "record, for 15 minutes, and it is good once and for 10 minutes.\n\n"
        "If you are not on the phone with us, do nothing and tell nobody the code.\n\n"
        f"Sent from: {environment_name}\n",
    )


def of_access(environment_name: str) -> Text:
    """Tell a person that their record is looked at, and what to do where it was not they who read the code."""
    return Text(
        "Your record was opened",
        "Somebody read a code back to our staff that we had sent to this address. They can look at what you may see of "
        "your own record now, for 15 minutes at most, and every look is recorded.\n\n"
        "If that was not you, tell us at once.\n\n"
        f"Sent from: {environment_name}\n",
    )
