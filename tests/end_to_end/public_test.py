"""Pairs of public folders: made over the admin socket, and kept in step without any mailbox."""

import case
import programs

#: The account of each server; both are in the folders as anybody else is.
ACCOUNTS = {"hq": "svc-sync@hq.example", "branch": "svc-sync@branch.example"}
PASSWORDS = {"hq": "service at hq", "branch": "service at branch"}
#: Servers that refuse what is not led to the right mailbox of public folders.
STRICT = {"lab13": "Exchange2013_SP1", "lab16": "Exchange2016", "labse": "ExchangeSE"}
CLASSES = {"mail": "IPF.Note", "contacts": "IPF.Contact", "dates": "IPF.Appointment"}


class PublicFolders(case.EndToEnd):
    #: A server has one store of them, for all tests.
    added = False

    def setUp(self):
        super().setUp()
        if not PublicFolders.added:
            PublicFolders.added = True
            self.sim.control("add_mailbox", server="branch", address=ACCOUNTS["branch"], display_name="Service", password=PASSWORDS["branch"])
            for server in ACCOUNTS:
                self.sim.control("add_public_folders", server=server, everybody="Contributor")
        configuration = self.configuration()
        configuration["pairs"] = {}
        self.daemon.configure(configuration)
        self.daemon.start()

    # The public folders

    def at(self, server, path):
        return {"server": server, "mailbox": "publicfolders", "folder": f"publicfoldersroot/{self.name}/{path}"}

    def add(self, server, path, class_="IPF.Note", level="Owner"):
        where = self.at(server, path)
        self.sim.control("add_folder", server=server, mailbox="publicfolders", path=where["folder"], **{"class": class_})
        self.sim.control("set_permission", **where, account=ACCOUNTS[server], level=level)

    def post(self, server, path, subject):
        self.deliver("publicfolders", subject, folder=self.at(server, path)["folder"], server=server)

    def act(self, server, path, do, subject, **arguments):
        self.sim.control(do, **self.at(server, path), item={"subject": subject}, **arguments)

    def held(self, server, path):
        where = self.at(server, path)
        return {item["subject"]: item for item in self.sim.control("contents", **where)["items"] if item["folder"] == where["folder"]}

    def same(self, path, other=None):
        """What both have in `path`, as comparable text."""
        both = [programs.other_items(self.sim, where.pop("mailbox"), where.pop("folder"), **where)
                for where in (self.at("hq", path), self.at("branch", other or path))]
        self.assertEqual(*both, self.daemon.text())
        return both[0]

    # The pair

    def side(self, server, folder=None):
        side = {"server": "hq"} if server == "hq" else {"url": self.sim.url(server), "ca_file": self.sim.ready["ca_file"], "auth": {
            "type": "basic", "user": ACCOUNTS[server], "password": PASSWORDS[server]}}
        return {**side, **({"folder": f"/{self.name}/{folder}"} if folder else {})}

    def create(self, primary="mail", replica="mail", **settings):
        return self.daemon.call("pair.create_public", pair="jane", settings={
            "primary": self.side("hq", primary), "replica": self.side("branch", replica), "polling_interval": "1h", **settings})

    def create_all(self, **settings):
        for server in ACCOUNTS:
            for path, class_ in CLASSES.items():
                self.add(server, path, class_)
        folders = {path: {"primary": f"/{self.name}/{path}", "replica": f"public:/{self.name}/{path}"} for path in CLASSES}
        self.create(None, None, folders=folders, **settings)

    def refused(self, pattern, field, **more):
        """Nothing is declared, and why is told, with what to do."""
        with self.assertRaisesRegex(programs.Refused, pattern) as refused:
            self.create(**more)
        self.assertEqual(refused.exception.error["data"]["field"], field, refused.exception.error)
        self.assertTrue(refused.exception.error["data"]["hint"], refused.exception.error)
        self.assertEqual(self.daemon.call("pair.list")["pairs"], [])


class KeptInStep(PublicFolders):
    def fill(self, server):
        self.post(server, "mail", f"post of {server}")
        self.sim.control("add_contact", **self.at(server, "contacts"), contact={"GivenName": "Ana", "Surname": server})
        self.sim.control("add_appointment", **self.at(server, "dates"), subject=f"day of {server}", start="2026-03-02T09:00:00Z",
                         end="2026-03-02T10:00:00Z", zone="UTC")

    def test_three_classes_become_and_stay_the_same_in_both_directions(self):
        self.create_all()
        for server in ACCOUNTS:
            self.fill(server)
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        for path in CLASSES:
            self.assertEqual(len(self.same(path)), 2, path)
        # Edits and deletes of both sides, each class one of both.
        self.act("hq", "mail", "user_edit", "post of branch", categories=["Red"])
        self.act("branch", "mail", "user_purge", "post of hq")
        self.act("branch", "contacts", "user_edit", "Ana hq", contact={"JobTitle": "Gärtnerin"})
        self.act("hq", "contacts", "user_purge", "Ana branch")
        self.act("branch", "dates", "user_edit_appointment", "day of hq", location="Room 7")
        self.act("hq", "dates", "user_purge", "day of branch")
        self.daemon.sync()
        self.assertEqual(len(self.same("mail")), 1)
        self.assertEqual(self.held("branch", "mail")["post of branch"]["categories"], ["Red"])
        self.assertEqual(len(self.same("contacts")), 1)
        self.assertEqual(self.held("hq", "contacts")["Ana hq"]["contact"]["JobTitle"], "Gärtnerin")
        self.assertEqual(len(self.same("dates")), 1)
        self.assertEqual(self.held("hq", "dates")["day of hq"]["appointment"]["location"], "Room 7")
        # Where both sides changed one thing the primary wins, and what lost is told.
        self.act("hq", "mail", "user_edit", "post of branch", importance="High")
        self.act("branch", "mail", "user_edit", "post of branch", importance="Low")
        self.daemon.sync()
        self.assertEqual(self.held("branch", "mail")["post of branch"]["importance"], "High")
        self.assertEqual(len(self.daemon.call("conflict.list", pair="jane")["conflicts"]), 1)
        self.assertEqual(self.daemon.call("ban.list")["total"], 0)
        self.assertEqual(self.daemon.sync(), 0)

    def test_one_way_needs_no_right_to_write_at_the_source(self):
        self.add("hq", "mail", level="Reviewer")
        self.add("branch", "mail")
        self.post("hq", "mail", "notice")
        self.post("branch", "mail", "of branch alone")
        self.create(direction="primary-to-replica", start=True)
        self.daemon.sync()
        self.assertEqual(sorted(self.held("branch", "mail")), ["notice", "of branch alone"])
        self.assertEqual(sorted(self.held("hq", "mail")), ["notice"])
        self.act("hq", "mail", "user_purge", "notice")
        self.daemon.sync()
        self.assertEqual(sorted(self.held("branch", "mail")), ["of branch alone"])

    def test_trees_are_followed(self):
        for server in ACCOUNTS:
            self.add(server, "mail")
        self.add("hq", "mail/Projects")
        self.add("branch", "mail/Cases")
        self.post("hq", "mail/Projects", "plan")
        self.post("branch", "mail/Cases", "case")
        self.create(include_subfolders=True, start=True)
        self.daemon.sync()
        for path, subject in (("mail/Projects", "plan"), ("mail/Cases", "case")):
            self.assertEqual(len(self.same(path)), 1, path)
            self.assertIn(subject, self.held("hq", path))

    def test_a_folder_into_one_below_it_ends(self):
        self.add("branch", "mail")
        self.add("branch", "mail/Copy")
        self.add("branch", "mail/More")
        self.post("branch", "mail", "notice")
        self.post("branch", "mail/More", "report")
        self.daemon.call("pair.create_public", pair="jane", settings={
            "primary": self.side("branch", "mail"), "replica": self.side("branch", "mail/Copy"), "include_subfolders": True, "start": True,
            "polling_interval": "1h"})
        self.daemon.sync()
        self.assertEqual(sorted(self.held("branch", "mail/Copy")), ["notice"])
        self.assertEqual(sorted(self.held("branch", "mail/Copy/More")), ["report"])
        items = self.sim.control("contents", server="branch", mailbox="publicfolders")["items"]
        self.assertEqual(len([item for item in items if f"/{self.name}/" in item["folder"]]), 4)


class Declared(PublicFolders):
    def test_it_is_an_ordinary_pair_afterwards(self):
        self.create_all()
        got = self.daemon.call("pair.get", pair="jane")
        self.assertEqual((got["status"], got["declared_in"], got["primary"]["mailbox"]), ("stopped", "admin socket", None))
        self.assertEqual([(f["name"], f["primary"], f["replica"]) for f in got["folders"]],
                         [(path, f"public:/{self.name}/{path}", f"public:/{self.name}/{path}") for path in sorted(CLASSES)])
        self.daemon.call("pair.update", pair="jane", settings={"direction": "replica-to-primary"})
        self.daemon.call("folder_pair.delete", pair="jane", folder="dates")
        self.daemon.call("pair.start", pair="jane")
        self.daemon.sync()
        got = self.daemon.call("pair.get", pair="jane")
        self.assertEqual(got["notifications"]["primary"], {"mode": "polling", "reason": "public folders tell of no changes"})
        exported = self.daemon.call("config.export")["pairs"]["jane"]
        self.assertEqual(exported["replica"]["auth"], {"type": "basic", "user": ACCOUNTS["branch"], "secret": "kept"})
        self.assertEqual(exported["folders"]["mail"], {"primary": f"public:/{self.name}/mail", "replica": f"public:/{self.name}/mail"})
        # As it is exported, a file may declare it too.
        self.assertTrue(self.daemon.call("config.check")["right"])
        self.daemon.kill()
        self.daemon.start()
        self.daemon.sync()
        self.daemon.call("pair.stop", pair="jane")
        self.daemon.call("pair.delete", pair="jane")

    def test_one_folder_on_each_side_is_one_folder_pair_of_its_name(self):
        for server in ACCOUNTS:
            self.add(server, "contacts", "IPF.Contact")
        self.create("contacts", "contacts")
        self.assertEqual([f["name"] for f in self.daemon.call("pair.get", pair="jane")["folders"]], ["contacts"])

    def test_what_cannot_be_kept_in_step_is_not_declared(self):
        for server in ACCOUNTS:
            self.add(server, "mail")
        self.add("hq", "contacts", "IPF.Contact")
        self.add("hq", "hidden", level="None")
        self.add("hq", "to read", level="Reviewer")
        self.refused(f'primary: folder public:/{self.name}/nothing: there is no "nothing"', "pairs.jane.folders.nothing.primary", primary="nothing")
        self.refused("primary folder .*/contacts is of class IPF.Contact and replica folder .*/mail of class IPF.Note",
                     "pairs.jane.folders.contacts.replica", primary="contacts")
        self.refused('there is no "hidden", or the account may not see it', "pairs.jane.folders.hidden.primary", primary="hidden")
        self.refused(f'account "{ACCOUNTS["hq"]}" may not create items in primary folder public:/{self.name}/to read',
                     "pairs.jane.folders.folder.primary", primary="to read")

    def test_what_is_given_wrongly_is_told_at_once(self):
        def refused(pattern, field, **settings):
            with self.assertRaisesRegex(programs.Refused, pattern) as error:
                self.daemon.call("pair.create_public", pair="jane", settings=settings)
            self.assertEqual(error.exception.error["data"]["field"], field)
            self.assertTrue(error.exception.error["data"]["hint"])

        hq, branch = self.side("hq", "mail"), self.side("branch", "mail")
        refused("folder: is missing", "replica.folder", primary=hq, replica=self.side("branch"))
        refused("must be the path of a public folder", "primary.folder", primary={"server": "hq", "folder": "inbox"}, replica=branch)
        refused('stands beside "folders"', "primary.folder", primary=hq, replica=branch, folders={})
        refused("must be the path", "folders.a.replica", primary=self.side("hq"), replica=self.side("branch"),
                folders={"a": {"primary": "/A", "replica": "contacts"}})
        refused('there is no server "hqq"', "pairs.jane.primary.server", primary={**hq, "server": "hqq"}, replica=branch)
        refused("pairs a folder with itself", "pairs.jane.folders.mail", primary=hq, replica=hq)
        refused("direction", "pairs.jane.direction", primary=hq, replica=branch, direction="up")
        self.assertEqual(self.daemon.call("pair.list")["pairs"], [])

    def test_a_server_that_cannot_be_reached_is_told(self):
        self.add("branch", "mail")
        self.sim.control("fault", server="hq", what="http_status", status=403, always=True)
        self.refused("HTTP 403", "pairs.jane.primary")
        self.sim.control("clear_faults")


class Led(case.EndToEnd):
    """Since 2013 the tree is in one mailbox and contents are in others, and requests must say which."""
    added = False

    def setUp(self):
        super().setUp()
        self.team = f"team {self.name}"
        for server in STRICT:
            if not Led.added:
                self.sim.control("add_public_folders", server=server, everybody="Contributor")
                self.sim.control("set_routing", server=server, public_folders=True)
            for path in ("", "/apart", "/apart/below", "/beside"):
                where = self.at(server, path)
                self.sim.control("add_folder", server=server, mailbox="publicfolders", path=where["folder"])
                self.sim.control("set_permission", **where, account=f"svc@{server}.example", level="Owner")
            self.sim.control("set_content_mailbox", server=server, folder=self.at(server, "/apart")["folder"])
        Led.added = True

    def at(self, server, path=""):
        return {"server": server, "mailbox": "publicfolders", "folder": f"publicfoldersroot/{self.team}{path}"}

    def side(self, server, **more):
        return {"server": server, "folder": f"/{self.team}", **more}

    def start(self, *servers, folder=None, **of_servers):
        configuration = self.configuration()
        configuration["pairs"] = {}
        for server in servers:
            self.daemon.secret(server, f"service at {server}")
            configuration["servers"][server] = {
                "url": self.sim.url(server), "access": "impersonation", "ca_file": self.sim.ready["ca_file"], "streaming": False,
                "auth": {"type": "basic", "user": f"svc@{server}.example", "password_file": server}, **of_servers}
        self.daemon.configure(configuration)
        self.daemon.start()
        primary, replica = (self.side(server) for server in servers)
        self.daemon.call("pair.create_public", pair="jane", settings={
            "primary": primary, "replica": replica, "include_subfolders": True, "start": True, "polling_interval": "1h"})

    def post(self, server, subject, path=""):
        self.deliver("publicfolders", subject, folder=self.at(server, path)["folder"], server=server)

    def subjects_at(self, server, path=""):
        where = self.at(server, path)
        return sorted(item["subject"] for item in self.sim.control("contents", **where)["items"] if item["folder"] == where["folder"])

    def check_versions(self, one, other):
        for path in ("", "/apart", "/apart/below"):
            for server in (one, other):
                self.post(server, f"of {server} in {path or 'team'}", path)
        self.start(one, other)
        self.daemon.sync()
        for path in ("", "/apart", "/apart/below"):
            both = sorted(f"of {server} in {path or 'team'}" for server in (one, other))
            self.assertEqual([self.subjects_at(one, path), self.subjects_at(other, path)], [both, both], path)
        in_apart = self.at(one, "/apart")
        self.sim.control("user_edit", **in_apart, item={"subject": f"of {other} in /apart"}, categories=["Red"])
        self.sim.control("user_purge", **in_apart, item={"subject": f"of {one} in /apart"})
        self.sim.control("user_move", **self.at(other), item={"subject": f"of {one} in team"}, to=self.at(other, "/beside")["folder"])
        self.daemon.sync()
        for path, expected in (("/apart", [f"of {other} in /apart"]), ("/beside", [f"of {one} in team"]), ("", [f"of {other} in team"])):
            self.assertEqual([self.subjects_at(one, path), self.subjects_at(other, path)], [expected, expected], path)
        held = self.sim.control("contents", **self.at(other, "/apart"))["items"]
        self.assertIn(["Red"], [item["categories"] for item in held])
        self.assertEqual(self.daemon.call("ban.list")["total"], 0)
        self.assertEqual(self.daemon.sync(), 0)
        # From one mailbox of public folders into another: what the server does not do is told.
        self.sim.control("user_move", **self.at(other, "/beside"), item={"subject": f"of {one} in team"}, to=self.at(other, "/apart")["folder"])
        self.daemon.call("pair.sync_now", pair="jane")
        bans = self.daemon.call("ban.list")["bans"]
        self.assertEqual([ban["subject"] for ban in bans], [f"of {one} in team"])
        self.assertIn("different public folder mailboxes", bans[0]["hint"])
        self.assertEqual(self.subjects_at(one, "/beside"), [f"of {one} in team"])

    def test_requests_are_led_to_their_mailboxes_2013_and_2016(self):
        self.check_versions("lab13", "lab16")

    def test_requests_are_led_to_their_mailboxes_2016_and_se(self):
        self.check_versions("lab16", "labse")

    def test_contents_that_move_to_another_mailbox_are_found_there(self):
        self.start("lab13", "labse")
        self.post("labse", "before", "/apart")
        self.daemon.sync()
        for server in ("lab13", "labse"):
            self.sim.control("set_content_mailbox", server=server, folder=self.at(server, "/apart")["folder"])
        self.post("labse", "after", "/apart")
        self.sim.control("user_purge", **self.at("lab13", "/apart"), item={"subject": "before"})
        self.daemon.sync()
        self.assertEqual([self.subjects_at(server, "/apart") for server in ("lab13", "labse")], [["after"], ["after"]])

    def test_without_autodiscover_it_is_told_what_is_missing(self):
        self.sim.control("fault", server="lab16", operation="Autodiscover", what="http_status", status=404, always=True)
        with self.assertRaisesRegex(programs.Refused, "ErrorPublicFolderOperationFailed") as refused:
            self.start("labse", "lab16")
        for part in ("could not be led", "/autodiscover/autodiscover.svc", "HTTP 404", "email"):
            self.assertIn(part, refused.exception.error["data"]["hint"])
        self.assertEqual(self.daemon.call("pair.list")["pairs"], [])
        self.sim.control("clear_faults")

    def test_what_an_administrator_asks_is_led_too(self):
        self.start("lab13", "lab16")
        folders = self.daemon.call("server.folders", server="lab16", folder="public:/")["folders"]
        self.assertIn(f"public:/{self.team}/apart/below", [f["path"] for f in folders])
        steps = self.daemon.call("server.test", server="lab16", mailbox="svc@lab16.example")["steps"]
        self.assertIn(("public folders", "ok"), [(step["step"], step["result"]) for step in steps])


if __name__ == "__main__":
    case.main(*({"name": name, "version": version, "mailboxes": [
        {"address": f"svc@{name}.example", "display_name": "Service", "password": f"service at {name}"}]} for name, version in STRICT.items()))
