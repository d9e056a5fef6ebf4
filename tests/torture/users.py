"""Users of both mailboxes: what they see, and what they do. Chance comes from a seed; which things are there when it does, from the moment."""

import base64
import email.message
import hashlib
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "end_to_end"))
import programs  # noqa: E402  (found through the line above)

MAIL_FOLDERS = ("inbox", "inbox/Work", "inbox/Done")
FOLDERS = {**{folder: "mail" for folder in MAIL_FOLDERS}, "contacts": "contact", "tasks": "task", "calendar": "appointment"}
ADDRESS = {"hq": "jane@hq.example", "branch": "jane@branch.example"}
#: The Mondays of each series.
DAYS = ("2027-03-01", "2027-03-08", "2027-03-15", "2027-03-22")


def label_of(body):
    return hashlib.sha256(body.encode()).hexdigest()


def plain(item):
    """Without the exceptions that say what their series says: an occurrence that was changed back stays one on its server."""
    series = item.get("appointment")
    if series and series.get("modified"):
        kept = [one for one in series["modified"] if any(one[key] != value for key, value in
                (("location", series["location"]), ("subject", item["subject"]), ("start", one["original_start"])))]
        item = {**item, "appointment": {**series, "modified": kept}}
    return item


def seen_of(item):
    """Place → value of an item of exchange-sim's `contents`: all that users change here."""
    seen = {"folder": item["folder"], "categories": ", ".join(item["categories"])}
    if "contact" in item:
        seen["job"] = item["contact"].get("JobTitle", "")
    else:
        seen["subject"] = item["subject"]
    if item["class"].startswith("IPM.Note"):
        seen["read"] = item["read"]
    if "appointment" in item:
        seen["location"] = item["appointment"]["location"]
        for one in item["appointment"]["modified"]:
            seen["occurrence " + one["day"][:10]] = one["location"]
    for part in item["attachments"]:
        seen[f"file {part['name']} {part['sha256'][:8]}"] = True
    return seen


def text_of(item):
    """All that two copies of an item have in common, as text."""
    if item["class"].startswith("IPM.Note"):
        return json.dumps({key: item[key] for key in programs.OF_A_MAIL}, sort_keys=True)
    return programs.comparable(item)


class Users:
    """Both users of a world. `chance`: a random.Random; `ask`: control commands that nothing comes between → their answers."""

    def __init__(self, history, chance, ask):
        self.history, self.chance, self.ask = history, chance, ask
        self.made, self.tokens, self.acts, self.labels = 0, 0, 0, {}

    def token(self):
        self.tokens += 1
        return f"t{self.tokens}"

    # What they see

    def look(self, side, folder):
        """The items of one folder, or of all that are kept in step."""
        [answer] = self.ask({"do": "contents", "mailbox": ADDRESS[side], **({"folder": folder} if folder else {})})
        return [plain(item) for item in answer["items"] if item["folder"] == folder or not folder and item["folder"] in FOLDERS]

    def label(self, item):
        return self.labels.get(item["body_sha256"], f"an item with the body {item['body_sha256'][:8]}")

    def view(self, side):
        """For the judge."""
        return [{"label": self.label(item), "text": text_of(item), "seen": seen_of(item)} for item in self.look(side, None)]

    # What they do

    def act(self, side):
        """One act of one user, if what he wants to do it to is there."""
        what = self.chance.choices(("make", "edit", "delete", "attach", "detach", "replace", "mark", "move", "occurrence"),
                                   (16, 30, 7, 8, 3, 5, 10, 12, 9))[0]
        folder = self.chance.choice(MAIL_FOLDERS if what in ("mark", "move") else ("calendar",) if what == "occurrence" else list(FOLDERS))
        if what == "make":
            return self.make(side, folder)
        items = self.look(side, folder)
        # The last ones stay: what empties a folder is for the brake, which has tests of its own.
        if not items or what == "delete" and len(items) < 6:
            return self.make(side, folder)
        item = self.chance.choice(items)
        command, changes = getattr(self, what)(item, FOLDERS[folder])
        if not command:
            command, changes = self.edit(item, FOLDERS[folder])
        return self.do(side, item, command, changes)

    def do(self, side, item, command, changes):
        """Looks and acts in one step. `changes`: place → value, or a function of what was seen."""
        where = {"mailbox": ADDRESS[side], "folder": item["folder"]}
        before, done = self.ask({"do": "contents", **where}, {**command, "mailbox": ADDRESS[side], "item": item["id"]})
        found = [one for one in before["items"] if one["id"] == item["id"]]
        if "error" in done or not found:
            return  # gone meanwhile
        self.acts += 1
        label, seen = self.label(found[0]), seen_of(plain(found[0]))
        if label not in self.history.things:
            return  # the judge will tell
        if changes is None:
            self.history.deleted(side, label, seen)
        else:
            self.history.changed(side, label, seen, changes)

    def make(self, side, folder, agreed=False):
        """`agreed`: it is there on both sides before the daemon has ever run."""
        self.made += 1
        label, kind = f"label-{self.made}", FOLDERS[folder]
        self.labels[label_of(label)] = label
        command = getattr(self, "new_" + kind)(label)
        for where in ("hq", "branch") if agreed else (side,):
            [done] = self.ask({**command, "mailbox": ADDRESS[where], "folder": folder})
            if "error" in done:
                raise RuntimeError(f"{command['do']}: {done['error']}")
        self.acts += 1
        [item] = [item for item in self.look(side, folder) if item["body_sha256"] == label_of(label)]
        self.history.made(side, label, kind, seen_of(item)).subjects.add(item["subject"])

    def new_mail(self, label):
        made = email.message.EmailMessage()
        made["From"], made["To"] = "Ana <ana@somewhere.example>", "You <you@somewhere.example>"
        # Subjects repeat, and some mails have no Message-ID, as in life.
        made["Subject"] = self.chance.choice(("Minutes", "Report", f"Note {label}"))
        if self.chance.random() < 0.8:
            made["Message-ID"] = f"<{label}@somewhere.example>"
        made["Date"] = "Wed, 07 Jan 2026 08:00:00 +0000"
        made.set_content(label + "\n")
        at = f"2026-01-07T08:{self.made // 60 % 60:02}:{self.made % 60:02}Z"
        return {"do": "add_message", "mime_base64": base64.b64encode(made.as_bytes()).decode(), "received": at, "sent": at}

    def new_contact(self, label):
        # Two of one name, one on each side, are taken for one person when they meet: that is for other tests.
        return {"do": "add_contact", "subject": f"Jo {label}", "body": label, "body_type": "Text", "contact": {"GivenName": "Jo", "Surname": label}}

    def new_task(self, label):
        return {"do": "add_task", "subject": f"Do {label}", "body": label, "body_type": "Text"}

    def new_appointment(self, label):
        when = {"start": "2027-03-01T09:00:00", "end": "2027-03-01T09:45:00", "zone": "W. Europe Standard Time"}
        if self.chance.random() < 0.5:
            when["recurrence"] = {"pattern": "weekly", "days": ["Monday"], "start": "2027-03-01", "count": 6}
        return {"do": "add_appointment", "subject": f"Talk {label}", "body": label, "body_type": "Text", **when}

    def edit(self, _, kind):
        do = {"do": "user_edit_appointment" if kind == "appointment" else "user_edit"}
        first = {"contact": "job", "appointment": "location"}.get(kind, "subject")
        places = self.chance.choice(([first], ["categories"], [first, "categories"]))
        changes = {place: self.token() for place in places}
        for place, value in changes.items():
            do.update({"categories": [value]} if place == "categories" else {"contact": {"JobTitle": value}} if place == "job" else {place: value})
        return do, changes

    def delete(self, _, __):
        return {"do": "user_delete"}, None

    def mark(self, item, _):
        return {"do": "user_mark_read", "read": not item["read"]}, {"read": not item["read"]}

    def move(self, item, _):
        to = self.chance.choice([folder for folder in MAIL_FOLDERS if folder != item["folder"]])
        return {"do": "user_move", "to": to}, {"folder": to}

    def attach(self, item, _):
        if len(item["attachments"]) > 3:
            return None, None
        name, content = f"{self.token()}.txt", f"content {self.token()}"
        return {"do": "user_add_attachment", "name": name, "content": content, "type": "application/octet-stream"}, {self.place(name, content): True}

    def detach(self, item, _):
        if not item["attachments"]:
            return None, None
        part = self.chance.choice(item["attachments"])
        return {"do": "user_remove_attachment", "name": part["name"]}, {f"file {part['name']} {part['sha256'][:8]}": False}

    def replace(self, item, _):
        if not item["attachments"]:
            return None, None
        part = self.chance.choice(item["attachments"])
        # Often of the same size, which no list of attachments tells.
        content = self.token().ljust(part["size"] if self.chance.random() < 0.5 else 40, ".")
        return ({"do": "user_replace_attachment", "name": part["name"], "content": content},
                {f"file {part['name']} {part['sha256'][:8]}": False, self.place(part["name"], content): True})

    def occurrence(self, item, _):
        if not item["appointment"].get("recurrence"):
            return None, None
        day, value = self.chance.choice(DAYS), self.token()
        return {"do": "user_edit_occurrence", "occurrence": day, "location": value}, {"occurrence " + day: value}

    @staticmethod
    def place(name, content):
        return f"file {name} {hashlib.sha256(content.encode()).hexdigest()[:8]}"
