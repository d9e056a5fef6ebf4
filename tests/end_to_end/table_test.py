"""Every cell of the arbiter's table, for every class, in the three directions, between real servers of two versions.

Each cell has an item of its own. The tables below say what both users do to it while the pair rests, and what both sides must hold
afterwards; they are ARCHITECTURE's rules ("The arbiter"), written out.
"""

import base64
import email.message
import json

import case
import programs

#: The folder of each kind of item, its class, and what it is called in the configuration. Each has two more below it, to move items to.
FOLDERS = {"inbox": "IPF.Note", "contacts": "IPF.Contact", "tasks": "IPF.Task", "calendar": "IPF.Appointment"}
KINDS = {"message": "inbox", "contact": "contacts", "task": "tasks", "appointment": "calendar", "series": "calendar"}
BELOW = ("Place of A", "Place of B")

# What a row may say that a side holds: "gone", or words:
#   old, A, B   the contents as they were, as A left them, as B left them; "A/B": what A changed, and for the rest as B left it
#   at-A, at-B  in the folder to which A or B moved it
#   read        as read
# Two-way, A is primary and B replica: (A does, B does, what both hold, who loses).
TWO_WAY = [
    ("nothing", "nothing", "old", None),
    ("nothing", "edit", "B", None),
    ("nothing", "attach", "B", None),
    ("nothing", "delete", "gone", None),
    ("edit", "nothing", "A", None),
    ("attach", "nothing", "A", None),
    ("edit", "edit", "A", "replica"),
    ("edit", "another edit", "A", "replica"),
    ("edit", "attach", "A", "replica"),
    ("attach", "edit", "A", "replica"),
    ("equal edit", "equal edit", "A", None),
    ("edit", "delete", "gone", "primary"),
    ("attach", "delete", "gone", "primary"),
    ("delete", "nothing", "gone", None),
    ("delete", "edit", "gone", "replica"),
    ("delete", "delete", "gone", None),
    ("nothing", "move", "old at-B", None),
    ("move", "nothing", "old at-A", None),
    ("move", "move", "old at-A", None),
    ("move", "edit", "B at-A", None),
    ("edit", "move", "A at-B", None),
    ("move", "delete", "gone", None),
    ("delete", "move", "gone", None),
]
TWO_WAY_READ = [
    ("nothing", "read", "old read", None),
    ("read", "nothing", "old read", None),
    ("read", "read", "old read", None),
    ("read", "edit", "B read", None),
    ("edit", "read", "A read", None),
    ("read", "move", "old at-B read", None),
    ("read", "delete", "gone", None),
    ("delete", "read", "gone", None),
]
# One-way, A is the source and B the target: (A does, B does, the source holds, the target where drift is left, where it is put back).
ONE_WAY = [
    ("nothing", "nothing", "old", "old", "old"),
    ("nothing", "edit", "old", "B", "old"),
    ("nothing", "attach", "old", "B", "old"),
    ("nothing", "delete", "old", "gone", "old"),
    ("edit", "nothing", "A", "A", "A"),
    ("attach", "nothing", "A", "A", "A"),
    ("edit", "edit", "A", "A", "A"),
    ("edit", "another edit", "A", "A/B", "A"),
    ("equal edit", "equal edit", "A", "A", "A"),
    ("edit", "delete", "A", "A", "A"),
    ("delete", "nothing", "gone", "gone", "gone"),
    ("delete", "edit", "gone", "gone", "gone"),
    ("delete", "delete", "gone", "gone", "gone"),
    ("nothing", "move", "old", "old at-B", "old"),
    ("move", "nothing", "old at-A", "old at-A", "old at-A"),
    ("move", "move", "old at-A", "old at-A", "old at-A"),
    ("move", "edit", "old at-A", "B at-A", "old at-A"),
    ("edit", "move", "A", "A at-B", "A"),
    ("delete", "move", "gone", "gone", "gone"),
]
ONE_WAY_READ = [
    ("nothing", "read", "old", "old read", "old"),
    ("read", "nothing", "old read", "old read", "old read"),
    ("read", "edit", "old read", "B read", "old read"),
    ("edit", "read", "A", "A read", "A"),
    ("delete", "read", "gone", "gone", "gone"),
]


def edits(kind, act, who):
    """The control command of an edit. A "later" one touches what no other does."""
    change = {"edit": f"Edited by {who}", "equal edit": "Edited by both", "another edit": f"Otherwise edited by {who}", "later": "Edited later"}[act]
    number = {"A": 1, "B": 2}[who] if act == "edit" else 3
    if kind == "message":
        return "user_edit", {"edit": {"subject": change, "categories": [change]}, "equal edit": {"subject": change, "categories": [change]},
                             "another edit": {"flag": "Flagged"}, "later": {"importance": "High"}}[act]
    if kind == "contact":
        edit = {"body": change, "contact": {"JobTitle": change, "PhoneNumbers": {"MobilePhone": change}, "Birthday": None}}
        return "user_edit", {"edit": edit, "equal edit": edit, "another edit": {"categories": [change]}, "later": {"contact": {"Nickname": change}}}[act]
    if kind == "task":
        edit = {"body": change, "task": {"Status": "InProgress", "PercentComplete": 10 * number, "DueDate": f"2027-02-0{number}T00:00:00Z"}}
        return "user_edit", {"edit": edit, "equal edit": edit, "another edit": {"categories": [change]},
                             "later": {"task": {"BillingInformation": change}}}[act]
    if kind == "series" and act != "later":
        edit = {"occurrence": "2027-03-15", "location": change, "start": f"2027-03-16T1{number}:00:00", "end": f"2027-03-16T1{number}:30:00"}
        return {"edit": ("user_edit_occurrence", edit), "equal edit": ("user_edit_occurrence", edit),
                "another edit": ("user_edit_appointment", {"location": change})}[act]
    edit = {"body": change, "start": f"2027-03-01T1{number}:00:00", "end": f"2027-03-01T1{number}:30:00", "reminder": 10}
    return "user_edit_appointment", {"edit": edit, "equal edit": edit, "another edit": {"location": change}, "later": {"categories": [change]}}[act]


def exception(one, series):
    """What an occurrence has otherwise than its series. An exception cannot be taken back over EWS, its values can."""
    series = {**series, **series["appointment"], "start": one["original_start"]}
    kept = {key: value for key, value in one.items() if key not in ("own", "original_start", "end") and value != series.get(key)}
    if "start" in kept:
        kept["end"] = one["end"]
    return kept


def facts(item):
    """What two copies of an item have in common, as {path of a field: value}."""
    if "contact" in item or "task" in item or "appointment" in item:
        tree = json.loads(programs.comparable(item))
        if "appointment" in item:
            tree["appointment"]["modified"] = [one for one in map(lambda one: exception(one, tree), tree["appointment"]["modified"]) if len(one) > 1]
    else:
        tree = {key: item[key] for key in programs.OF_A_MAIL if key != "read"}
    found = {}

    def walk(path, value):
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{path}/{key}", inner)
        elif value is not None:
            found[path] = value
    walk("", tree)
    return found


def over(base, mine, theirs):
    """What `mine` changed since `base`, and the rest as `theirs` has it."""
    result = {}
    for key in base.keys() | mine.keys() | theirs.keys():
        value = mine.get(key) if mine.get(key) != base.get(key) else theirs.get(key)
        if value is not None:
            result[key] = value
    return result


def shown(value, other):
    """Of a list what the other has not."""
    return repr([one for one in value if one not in other] if isinstance(value, list) and isinstance(other, list) else value)


class Cell:
    """One item: what happens to it, and what each side held of it at each time."""

    def __init__(self, kind, number, row):
        self.kind, self.row = kind, row
        self.does = dict(zip("AB", row[:2]))
        self.name = f"{kind} {number:02}: {row[0]}, {row[1]}"
        self.message_id = f"<{kind}-{number}@table.example>"
        self.which = {"message_id": self.message_id} if kind == "message" else {"subject": self.name}

    def is_item(self, item):
        return item["message_id"] == self.message_id if self.kind == "message" else item["subject"] == self.name


class Table(case.EndToEnd):
    #: Whose mailbox A and B have.
    sides = {"A": "hq", "B": "branch"}

    def address(self, who):
        return {"hq": self.hq, "branch": self.branch}[self.sides[who]]

    def place(self, cell, who):
        return f"{KINDS[cell.kind]}/Place of {who}"

    # What users do

    def make(self, cell, who):
        folder, mailbox = KINDS[cell.kind], self.address(who)
        content = {"subject": cell.name, "body": f"About {cell.name}.", "categories": ["Kept"]}
        if cell.kind == "message":
            mail = email.message.EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "Ana <ana@somewhere.example>", "You <you@somewhere.example>", cell.name
            mail["Message-ID"], mail["Date"] = cell.message_id, "Wed, 07 Jan 2026 08:00:00 +0000"
            mail.set_content(f"About {cell.name}.\n")
            mail.add_attachment(b"one", maintype="application", subtype="octet-stream", filename="first.bin")
            self.sim.control("add_message", mailbox=mailbox, folder=folder, mime_base64=base64.b64encode(mail.as_bytes()).decode(),
                             received="2026-01-07T08:00:00Z", sent="2026-01-07T08:00:00Z", categories=["Kept"])
            return
        if cell.kind == "contact":
            self.sim.control("add_contact", mailbox=mailbox, folder=folder, **content, contact={
                "GivenName": "Zoë", "Surname": cell.name, "DisplayName": cell.name, "CompanyName": "A & Sons", "Birthday": "1970-03-05T11:59:00Z",
                "EmailAddresses": {"EmailAddress1": "zoe@somewhere.example"}, "PhoneNumbers": {"HomePhone": "+49 1", "MobilePhone": "+49 2"}})
        elif cell.kind == "task":
            self.sim.control("add_task", mailbox=mailbox, folder=folder, **content, reminder_is_set=True, reminder_due="2027-01-08T08:00:00Z", task={
                "StartDate": "2027-01-07T00:00:00Z", "DueDate": "2027-01-09T00:00:00Z", "TotalWork": 60, "Mileage": "12 km"})
        else:
            more = {} if cell.kind == "appointment" else {
                "recurrence": {"pattern": "weekly", "days": ["Monday"], "start": "2027-03-01", "count": 8}, "deleted": ["2027-03-29"],
                "modified": [{"occurrence": "2027-03-08", "subject": "Elsewhere", "location": "Room 9"}]}
            self.sim.control("add_appointment", mailbox=mailbox, folder=folder, **content, start="2027-03-01T09:00:00", end="2027-03-01T09:45:00",
                             zone="W. Europe Standard Time", location="Room 1", free_busy="Busy", reminder=15, **more)
        self.act(cell, who, "user_add_attachment", name="first.bin", content="one")

    def act(self, cell, who, do, folder=None, **arguments):
        self.sim.control(do, mailbox=self.address(who), folder=folder or KINDS[cell.kind], item=cell.which, **arguments)

    def do(self, cell, who, what):
        if what == "attach":
            self.act(cell, who, "user_add_attachment", name=f"of {who}.bin", content=f"bytes of {who}", type="application/octet-stream")
        elif what == "read":
            self.act(cell, who, "user_mark_read", read=True)
        elif what == "delete":
            self.act(cell, who, "user_delete")
        elif what == "move":
            self.act(cell, who, "user_move", to=self.place(cell, who))
        elif what != "nothing":
            command, arguments = edits(cell.kind, what, who)
            self.act(cell, who, command, **arguments)

    # What the sides hold

    def look(self, cells):
        """{cell: {who: (folder, facts, read) or None}}; that nothing is doubled, and nothing there that is nobody's."""
        found = {cell: {"A": None, "B": None} for cell in cells}
        for who in "AB":
            for top in FOLDERS:
                for folder in (top, *(f"{top}/{below}" for below in BELOW)):
                    for item in self.sim.control("contents", mailbox=self.address(who), folder=folder)["items"]:
                        if item["folder"] != folder:
                            continue
                        owners = [cell for cell in cells if cell.is_item(item)]
                        self.assertEqual(len(owners), 1, f"{item['subject']} of {who}")
                        self.assertIsNone(found[owners[0]][who], f"{owners[0].name} is doubled at {who}")
                        found[owners[0]][who] = (folder, facts(item), item["read"] if owners[0].kind == "message" else None)
        return found

    def wanted(self, cell, words, base, acted):
        """(folder, facts, read) as a row says it."""
        if words == "gone":
            return None
        contents, *more = words.split()
        held = {who: acted[who] or base[who] for who in "AB"}
        folder = next((self.place(cell, word[3:]) for word in more if word.startswith("at-")), KINDS[cell.kind])
        read = ("read" in more) if cell.kind == "message" else None
        if contents == "old":
            return folder, base["A"][1], read
        if contents == "A/B":
            return folder, over(base["A"][1], held["A"][1], held["B"][1]), read
        return folder, held[contents][1], read

    def assert_holds(self, cell, who, is_, wanted):
        if is_ == wanted:
            return
        if is_ is None or wanted is None:
            differ = f"is {'there' if is_ else 'gone'}"
        else:
            differ = f"{is_[0]}, read {is_[2]}; wanted {wanted[0]}, read {wanted[2]}; " + "; ".join(
                f"{key} is {shown(is_[1].get(key), wanted[1].get(key))}, not {shown(wanted[1].get(key), is_[1].get(key))}" for key in sorted(is_[1].keys() | wanted[1].keys())
                if is_[1].get(key) != wanted[1].get(key))
        self.wrong.append(f"{cell.name} at {who}: {differ}")

    def assert_in_deleted_items(self, cells, now):
        """What is gone is where its user finds it, whoever deleted it."""
        for who in "AB":
            items = self.sim.control("contents", mailbox=self.address(who), folder="deleteditems")["items"]
            self.wrong += [f"{cell.name} is not in the Deleted Items of {who}" for cell in cells
                           if now[cell][who] is None and not any(map(cell.is_item, items))]

    def assert_right(self):
        if self.wrong:
            self.fail("\n".join(self.wrong) + "\n" + self.daemon.text())

    # The parts of a test

    def begin(self, rows, read_rows, makers, **pair):
        """Cells in step, the pair stopped."""
        self.wrong = []
        cells = [Cell(kind, number, row) for kind in KINDS
                 for number, row in enumerate(rows + (read_rows if kind == "message" else []))]
        folders = {top: {"primary": top, "replica": top} for top in FOLDERS}
        for top, class_ in FOLDERS.items():
            for below in BELOW:
                folders[f"{top}-{below[-1].lower()}"] = {"primary": f"{top}/{below}", "replica": f"{top}/{below}"}
                for mailbox in (self.hq, self.branch):
                    self.sim.control("add_folder", mailbox=mailbox, path=f"{top}/{below}", **{"class": class_})
        for number, cell in enumerate(cells):
            self.make(cell, makers[number % len(makers)])
        self.run_daemon(folders, **pair).sync()
        base = self.look(cells)
        for cell in cells:
            self.assert_holds(cell, "B", base[cell]["B"], base[cell]["A"])
            self.assert_holds(cell, "A", base[cell]["A"], self.wanted(cell, "old", base[cell], base[cell]))
        self.assert_right()
        self.daemon.call("pair.stop", pair="jane")
        return cells, base

    def both_act(self, cells):
        for cell in cells:
            for who, what in cell.does.items():
                self.do(cell, who, what)
        return self.look(cells)

    def in_step_again(self):
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()

    def end(self):
        self.assertEqual(self.daemon.sync(), 0)
        self.assertEqual(self.daemon.call("ban.list")["total"], 0)
        self.check_nobody_got_mail()
        self.assert_nothing_left_to_write()

    def conflicts(self):
        return sorted((lost["subject"], lost["loser"]) for lost in self.daemon.call("conflict.list", pair="jane")["conflicts"])

    def two_way(self):
        cells, base = self.begin(TWO_WAY, TWO_WAY_READ, "AB")
        acted = self.both_act(cells)
        self.in_step_again()
        now = self.look(cells)
        lost = []
        for cell in cells:
            words, loser = cell.row[2:]
            wanted = self.wanted(cell, words, base[cell], acted[cell])
            for who in "AB":
                self.assert_holds(cell, who, now[cell][who], wanted)
            if loser:
                lost.append(((acted[cell]["A"] or base[cell]["A"])[1]["/subject"], loser))
        self.assert_in_deleted_items(cells, now)
        self.assert_right()
        self.assertEqual(self.conflicts(), sorted(lost))
        self.end()

    def one_way(self, direction, drift):
        cells, base = self.begin(ONE_WAY, ONE_WAY_READ, "A", direction=direction, drift=drift)
        acted = self.both_act(cells)
        self.in_step_again()
        now = self.look(cells)
        for cell in cells:
            words = cell.row[2], cell.row[3 if drift == "leave" else 4]
            for who, words in zip("AB", words):
                self.assert_holds(cell, who, now[cell][who], self.wanted(cell, words, base[cell], acted[cell]))
        self.assert_in_deleted_items(cells, now)
        self.assert_right()
        # Later the source changes what is left: that goes over and nothing else, and what was deleted on the target is made anew.
        self.daemon.call("pair.stop", pair="jane")
        for cell in cells:
            if now[cell]["A"]:
                command, arguments = edits(cell.kind, "later", "A")
                self.act(cell, "A", command, folder=now[cell]["A"][0], **arguments)
        edited = self.look(cells)
        self.in_step_again()
        later = self.look(cells)
        for cell in cells:
            source, target = edited[cell]["A"], now[cell]["B"]
            if source and target:
                target = (target[0], over(now[cell]["A"][1], source[1], target[1]), target[2])
            self.assert_holds(cell, "A", later[cell]["A"], source)
            self.assert_holds(cell, "B", later[cell]["B"], target or source)
        self.assert_right()
        self.assertEqual(self.conflicts(), [])
        self.end()


class TwoWay(Table):
    def test_every_cell(self):
        self.two_way()


class TwoWayBetween2013And2016(Table):
    versions = "Exchange2013_SP1", "Exchange2016"

    def test_every_cell(self):
        self.two_way()


class PrimaryToReplica(Table):
    def test_every_cell_where_drift_is_left(self):
        self.one_way("primary-to-replica", "leave")

    def test_every_cell_where_drift_is_put_back(self):
        self.one_way("primary-to-replica", "revert")


class ReplicaToPrimary(Table):
    versions = "Exchange2013_SP1", "Exchange2016"
    sides = {"A": "branch", "B": "hq"}

    def test_every_cell_where_drift_is_left(self):
        self.one_way("replica-to-primary", "leave")

    def test_every_cell_where_drift_is_put_back(self):
        self.one_way("replica-to-primary", "revert")


if __name__ == "__main__":
    case.main()
