"""What the two users do in the demo, one row for each cell of the conflict table and for what lies beside it.

Every act has a mail of its own: it is delivered before the first synchronisation, acted upon, and looked at afterwards on both sides.
"""

import base64
import email.message
import email.utils
from dataclasses import dataclass
from typing import Callable, Optional

HQ, BRANCH = "jane@hq.example", "jane@branch.example"
INBOX = {HQ: "inbox", BRANCH: "inbox"}
PROJECTS = {HQ: "inbox/Projects", BRANCH: "inbox/From HQ"}


@dataclass(frozen=True)
class Act:
    says: str
    #: What the users do; gets `user(mailbox, do, **arguments)`, which acts on the mail of this act in that mailbox.
    do: Callable
    #: The mail of this act as it must be afterwards on both sides: a folder (INBOX, PROJECTS) and values, or None where it is gone.
    ends: Optional[dict]
    folder: dict = None  # where the mail lies at first
    conflict: bool = False  # listed by conflict.list
    writes: Optional[int] = None  # to the two servers together, where the table says so


def edit(**values):
    return "user_edit", values


def each(*steps):
    """Acts of users in a row: (mailbox, (command, arguments))."""
    def act(user):
        for mailbox, (do, arguments) in steps:
            user(mailbox, do, **arguments)
    return act


READ, UNREAD, DELETE = ("user_mark_read", {"read": True}), ("user_mark_read", {"read": False}), ("user_delete", {})

ACTS = [
    Act("branch edits: hq gets it", each((BRANCH, edit(categories=["Travel"]))), {"categories": ["Travel"]}, writes=1),
    Act("hq edits: branch gets it", each((HQ, edit(importance="High"))), {"importance": "High"}, writes=1),
    Act("branch deletes: hq deletes", each((BRANCH, DELETE)), None, writes=1),
    Act("hq deletes: branch deletes", each((HQ, DELETE)), None, writes=1),
    Act("both make the same edit: nothing to do", each((HQ, edit(importance="Low")), (BRANCH, edit(importance="Low"))),
        {"importance": "Low"}, writes=0),
    Act("both edit differently: hq wins, what lost is listed", each((HQ, edit(subject="As hq has it")), (BRANCH, edit(subject="As branch has it"))),
        {"subject": "As hq has it"}, conflict=True),
    Act("hq edits, branch deletes: deleted, the lost edit is listed", each((HQ, edit(importance="High")), (BRANCH, DELETE)), None, conflict=True),
    Act("hq deletes, branch edits: deleted, the lost edit is listed", each((HQ, DELETE), (BRANCH, edit(importance="High"))), None, conflict=True),
    Act("both delete: nothing to do", each((HQ, DELETE), (BRANCH, DELETE)), None, writes=0),
    Act("hq reads a mail: read at branch", each((HQ, READ)), {"read": True}, writes=1),
    Act("branch marks it unread again: unread at hq", each((HQ, READ), (BRANCH, READ), (BRANCH, UNREAD), (HQ, UNREAD)), {"read": False}, writes=0),
    Act("hq edits while branch reads: both count", each((HQ, edit(subject="Edited while it was read")), (BRANCH, READ)),
        {"subject": "Edited while it was read", "read": True}),
    Act("hq flags a mail: flagged at branch", each((HQ, edit(flag="Flagged"))), {"flag": "Flagged"}, writes=1),
    Act("hq moves a mail to Projects: so does branch", each((HQ, ("user_move", {"to": PROJECTS[HQ]}))), {"folder": PROJECTS}, writes=1),
    Act("one way: hq edits in Projects, branch gets it", each((HQ, edit(subject="Plan, second version"))),
        {"folder": PROJECTS, "subject": "Plan, second version"}, folder=PROJECTS),
    Act("one way: what branch changes in its copy is put back", each((BRANCH, edit(categories=["Not mine"]))),
        {"folder": PROJECTS, "categories": []}, folder=PROJECTS),
]

SUBJECTS = ["Train to Łódź", "Quarterly figures", "Old newsletter", "Obsolete price list", "Fire drill", "Title of the talk", "Draft agenda",
            "Room booking", "Lunch menu", "Welcome, Zoë", "Survey", "Minutes", "Contract to sign", "Office move", "Project plan", "Übergabe"]


def message_id(number):
    return f"<act-{number}@demo.example>"


def mail(subject, id_, text="Regards\n"):
    """A plain mail as base64 of its MIME."""
    made = email.message.EmailMessage()
    made["From"], made["To"], made["Subject"] = "Ana <ana@demo.example>", "Jane <jane@demo.example>", subject
    made["Message-ID"], made["Date"] = id_, email.utils.format_datetime(email.utils.localtime())
    made.set_content(text)
    return base64.b64encode(made.as_bytes(policy=made.policy.clone(linesep="\r\n"))).decode()


def deliver(sim):
    """One mail for each act, at hq."""
    for number, act in enumerate(ACTS):
        folder = (act.folder or INBOX)[HQ]
        sim.control("add_message", mailbox=HQ, folder=folder, mime_base64=mail(SUBJECTS[number], message_id(number)))


def perform(sim, number, act):
    folder = act.folder or INBOX

    def user(mailbox, do, **arguments):
        sim.control(do, mailbox=mailbox, folder=folder[mailbox], item={"message_id": message_id(number)}, **arguments)
    act.do(user)


def shown(value):
    return value["status"] if isinstance(value, dict) and "status" in value else value


def problems(sim, number, act):
    """How the mail of an act differs from what it must be, on either side."""
    found = []
    for mailbox in (HQ, BRANCH):
        copies = [item for folder in (INBOX, PROJECTS) for item in sim.control("contents", mailbox=mailbox, folder=folder[mailbox])["items"]
                  if item["message_id"] == message_id(number) and item["folder"] == folder[mailbox]]
        if len(copies) != (act.ends is not None):
            found.append(f"{mailbox} has {len(copies)} copies")
            continue
        for key, wanted in (act.ends or {}).items():
            wanted = wanted[mailbox] if key == "folder" else wanted
            if shown(copies[0][key]) != wanted:
                found.append(f"{key} at {mailbox} is {shown(copies[0][key])!r}, not {wanted!r}")
    return found
