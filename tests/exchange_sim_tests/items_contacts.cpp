// Contacts: what is kept, what the server makes of it, entry by entry, in each version.
#include "tests/exchange_sim_tests/items_support.hpp"

#include <catch2/catch.hpp>

using namespace exchange_sim;
using namespace exchange_sim::test;
using nlohmann::json;

namespace {

using names = std::vector<std::string>;

const std::string everything =
    "<t:Body BodyType=\"Text\">Met at the fair</t:Body><t:Categories><t:String>Red</t:String></t:Categories>"
    "<t:FileAsMapping>LastCommaFirst</t:FileAsMapping><t:GivenName>Zoë</t:GivenName><t:Initials>Z.M.</t:Initials>"
    "<t:MiddleName>A.</t:MiddleName><t:Nickname>Zo</t:Nickname><t:CompanyName>Kontor &amp; Co</t:CompanyName>"
    "<t:EmailAddresses><t:Entry Key=\"EmailAddress1\">zoe@x.example</t:Entry><t:Entry "
    "Key=\"EmailAddress3\">z3@x.example</t:Entry></t:EmailAddresses>"
    "<t:PhysicalAddresses><t:Entry Key=\"Home\"><t:Street>Weg 1</t:Street><t:City>Köln</t:City><t:PostalCode>50667"
    "</t:PostalCode></t:Entry></t:PhysicalAddresses>"
    "<t:PhoneNumbers><t:Entry Key=\"MobilePhone\">1</t:Entry><t:Entry Key=\"Isdn\">2</t:Entry></t:PhoneNumbers>"
    "<t:AssistantName>Kim</t:AssistantName><t:Birthday>1980-02-03T00:00:00Z</t:Birthday>"
    "<t:BusinessHomePage>https://x.example/</t:BusinessHomePage><t:Children><t:String>Ada</t:String><t:String>Ben"
    "</t:String></t:Children><t:Companies><t:String>K</t:String></t:Companies><t:Department>R</t:Department>"
    "<t:Generation>Jr.</t:Generation><t:ImAddresses><t:Entry Key=\"ImAddress1\">sip:z</t:Entry></t:ImAddresses>"
    "<t:JobTitle>Head</t:JobTitle><t:Manager>Ann</t:Manager><t:Mileage>3</t:Mileage><t:OfficeLocation>4"
    "</t:OfficeLocation><t:PostalAddressIndex>Home</t:PostalAddressIndex><t:Profession>p</t:Profession>"
    "<t:SpouseName>s</t:SpouseName><t:Surname>Müller</t:Surname><t:WeddingAnniversary>2009-06-20T00:00:00Z"
    "</t:WeddingAnniversary>";

std::string add(fixture& world, const std::string& server, const std::string& fields) {
  const auto answer = world.call(server, create_item("Contact", fields));
  CHECK(codes(answer) == names{"NoError"});
  return first_attribute(answer, "Contact/ItemId", "Id");
}

std::string set(const std::string& name, const std::string& text) {
  return set_of("Contact", uri("contacts:" + name), "<t:" + name + ">" + text + "</t:" + name + ">");
}

} // namespace

TEST_CASE("a contact is what it was told to be, in every version") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const auto id = add(world, server, everything);
    const auto item = shown(world, server, id);
    CHECK(item["class"] == "IPM.Contact");
    CHECK(item["folder"] == "contacts");
    CHECK(item["categories"] == json{"Red"});
    const auto answer = get(world, server, id);
    for (const std::string name : {"GivenName", "Surname", "MiddleName", "Nickname", "CompanyName", "AssistantName",
                                   "BusinessHomePage", "Department", "Generation", "JobTitle", "Manager", "Mileage",
                                   "OfficeLocation", "PostalAddressIndex", "Profession", "SpouseName", "Initials"}) {
      INFO(name);
      CHECK_FALSE(first_element(answer, "Contact/" + name).empty());
      CHECK(first_element(answer, "Contact/" + name) == item["contact"][name]);
    }
    CHECK(first_element(answer, "Contact/Body") == "Met at the fair");
    CHECK(all_elements(answer, "Children/String") == names{"Ada", "Ben"});
    CHECK(all_elements(answer, "PhoneNumbers/Entry") == names{"2", "1"});
    CHECK(all_attributes(answer, "EmailAddresses/Entry", "Key") == names{"EmailAddress1", "EmailAddress3"});
    CHECK(first_element(answer, "PhysicalAddresses/Entry/City") == "Köln");
    // Computed.
    CHECK(first_element(answer, "FileAs") == "Müller, Zoë A.");
    CHECK(first_element(answer, "Contact/DisplayName") == "Zoë A. Müller Jr.");
    CHECK(first_element(answer, "CompleteName/FullName") == "Zoë A. Müller Jr.");
    CHECK(first_element(answer, "CompleteName/LastName") == "Müller");
    // By version: the subject, the attributes of an address, the hour of a day.
    CHECK(first_element(answer, "Contact/Subject") == (server == "2007" ? "" : "Zoë A. Müller Jr."));
    CHECK(first_attribute(answer, "EmailAddresses/Entry", "RoutingType") == (server == "2007" ? "" : "SMTP"));
    const bool old = server == "2007" || server == "old";
    CHECK(first_element(answer, "Birthday") == (old ? "1980-02-03T00:00:00Z" : "1980-02-03T11:59:00Z"));
    CHECK(first_element(answer, "HasPicture") == (server == "2007" ? "" : "false"));
  }
}

TEST_CASE("FileAs is built by its mapping, and stands where somebody writes it") {
  struct row {
    const char *mapping, *filed;
  };
  const row rows[] = {{"LastCommaFirst", "Doe, Jane Q."},
                      {"FirstSpaceLast", "Jane Q. Doe Sr."},
                      {"Company", "Acme"},
                      {"LastCommaFirstCompany", "Doe, Jane Q.\nAcme"},
                      {"CompanyLastCommaFirst", "Acme\nDoe, Jane Q."},
                      {"LastFirst", "DoeJane Q."},
                      {"LastSpaceFirst", "Doe Jane Q."},
                      {"LastSpaceFirstCompany", "Doe Jane Q.\nAcme"},
                      {"DisplayName", "Shown"},
                      {"None", ""}};
  fixture world;
  for (const auto& r : rows) {
    INFO(r.mapping);
    const auto id = add(world, "new",
                        "<t:FileAsMapping>" + std::string(r.mapping) +
                            "</t:FileAsMapping><t:DisplayName>Shown</t:DisplayName><t:GivenName>Jane</t:GivenName>"
                            "<t:MiddleName>Q.</t:MiddleName><t:CompanyName>Acme</t:CompanyName>"
                            "<t:Generation>Sr.</t:Generation><t:Surname>Doe</t:Surname>");
    CHECK(replace_all(first_element(get(world, "new", id), "FileAs"), "\r", "") == r.filed);
  }
  const auto id = add(world, "new",
                      "<t:FileAsMapping>LastCommaFirst</t:FileAsMapping><t:GivenName>Jane</t:GivenName>"
                      "<t:Surname>Doe</t:Surname>");
  update_now(world, "new", id, set("Surname", "Roe"));
  auto answer = get(world, "new", id);
  CHECK(first_element(answer, "FileAs") == "Roe, Jane");
  CHECK(first_element(answer, "DisplayName") == "Jane Roe");
  update_now(world, "new", id, set("FileAs", "the boss") + set("DisplayName", "Boss"));
  update_now(world, "new", id, set("Surname", "Poe"));
  answer = get(world, "new", id);
  CHECK(first_element(answer, "FileAs") == "the boss");
  CHECK(first_element(answer, "FileAsMapping") == "None");
  CHECK(first_element(answer, "DisplayName") == "Boss");
}

TEST_CASE("dictionaries are set and deleted entry by entry") {
  for (const auto& server : all_servers) {
    INFO(server);
    fixture world;
    const auto id = add(world, server, everything);
    const auto edit = [&](const std::string& updates) { return codes(update_now(world, server, id, updates)); };
    CHECK(
        edit(set_of("Contact", indexed("contacts:EmailAddress", "EmailAddress2"),
                    "<t:EmailAddresses><t:Entry Key=\"EmailAddress2\">two@x.example</t:Entry></t:EmailAddresses>") +
             delete_of(indexed("contacts:EmailAddress", "EmailAddress1")) +
             delete_of(indexed("contacts:PhysicalAddress:City", "Home")) +
             set_of(
                 "Contact", indexed("contacts:PhysicalAddress:State", "Home"),
                 "<t:PhysicalAddresses><t:Entry Key=\"Home\"><t:State>NRW</t:State></t:Entry></t:PhysicalAddresses>") +
             delete_of(indexed("contacts:PhoneNumber", "Isdn"))) == names{"NoError"});
    const auto contact = shown(world, server, id)["contact"];
    CHECK(contact["EmailAddresses"] == json{{"EmailAddress2", "two@x.example"}, {"EmailAddress3", "z3@x.example"}});
    CHECK(contact["PhysicalAddresses"] ==
          json{{"Home/Street", "Weg 1"}, {"Home/PostalCode", "50667"}, {"Home/State", "NRW"}});
    CHECK(contact["PhoneNumbers"] == json{{"MobilePhone", "1"}});
    // The value has to be of the path; a dictionary as a whole is refused.
    CHECK(edit(set_of("Contact", indexed("contacts:EmailAddress", "EmailAddress2"),
                      "<t:EmailAddresses><t:Entry Key=\"EmailAddress1\">x</t:Entry></t:EmailAddresses>")) ==
          names{"ErrorUpdatePropertyMismatch"});
    CHECK(edit(set_of("Contact", uri("contacts:PhoneNumbers"),
                      "<t:PhoneNumbers><t:Entry Key=\"Isdn\">x</t:Entry></t:PhoneNumbers>")) ==
          names{"ErrorInvalidPropertySet"});
    // Single entries can be asked for.
    const auto some = world.call(
        server, get_message(id,
                            "<t:AdditionalProperties>" + indexed("contacts:EmailAddress", "EmailAddress3") +
                                indexed("contacts:PhysicalAddress:Street", "Home") + "</t:AdditionalProperties>",
                            "IdOnly"));
    CHECK(all_elements(some, "EmailAddresses/Entry") == names{"z3@x.example"});
    CHECK(first_element(some, "PhysicalAddresses/Entry") == "Weg 1");
    CHECK(all_elements(some, "PhoneNumbers").empty());
  }
}

TEST_CASE("what a contact does not have is refused, and what is computed too") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    const auto id = add(world, server, "<t:GivenName>Jane</t:GivenName>");
    CHECK(codes(update_now(world, server, id, set_field(uri("message:IsRead"), "<t:IsRead>true</t:IsRead>"))) ==
          names{"ErrorInvalidPropertySet"});
    CHECK(codes(update_now(world, server, id,
                           set_of("Contact", uri("contacts:CompleteName"),
                                  "<t:CompleteName><t:FirstName>x</t:FirstName></t:CompleteName>"))) ==
          names{"ErrorInvalidPropertySet"});
    const auto read_flag =
        world.post(server, fixture::envelope(server, update_message(id, "EQAAAA==",
                                                                    set_of("Contact", uri("message:IsRead"),
                                                                           "<t:IsRead>true</t:IsRead>"))));
    CHECK(fault_code(read_flag) == "ErrorSchemaValidation");
    CHECK(codes(world.call(server, create_item("Contact", "<t:GivenName>J</t:GivenName>", "inbox"))) ==
          names{"ErrorCannotCreateContactInNonContactFolder"});
    CHECK(codes(world.call(server, move_message("MoveItem", id, "deleteditems"))) == names{"NoError"});
  }
}

TEST_CASE("distribution lists can be read and moved, with their members since 2010") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    const std::string id = world.control(
        {{"do", "add_contact"},
         {"mailbox", ann(server)},
         {"list", true},
         {"contact",
          {{"DisplayName", "Friends"}, {"Members", {{{"Name", "Bob"}, {"EmailAddress", "bob@x.example"}}}}}}})["id"];
    const auto answer = get(world, server, id);
    CHECK(first_element(answer, "DistributionList/DisplayName") == "Friends");
    CHECK(first_element(answer, "Member/Mailbox/EmailAddress") == (server == "2007" ? "" : "bob@x.example"));
    const auto moved = world.call(server, move_message("MoveItem", id, "deleteditems"));
    CHECK(codes(moved) == names{"NoError"});
    CHECK_FALSE(first_attribute(moved, "DistributionList/ItemId", "Id").empty());
  }
}

TEST_CASE("contacts of users: made, edited, listed, kept over a restart") {
  fixture world;
  for (const auto& server : all_servers) {
    INFO(server);
    const std::string id = world.control({{"do", "add_contact"},
                                          {"mailbox", ann(server)},
                                          {"body", "note"},
                                          {"contact", {{"GivenName", "Jane"}, {"Surname", "Doe"}}}})["id"];
    const auto before = shown(world, server, id);
    CHECK(before["contact"]["DisplayName"] == "Jane Doe");
    world.control({{"do", "user_edit"},
                   {"mailbox", ann(server)},
                   {"item", id},
                   {"contact", {{"Surname", nullptr}, {"EmailAddresses", {{"EmailAddress1", "j@x.example"}}}}}});
    const auto after = shown(world, server, id);
    CHECK(after["change_key"] != before["change_key"]);
    CHECK(after["contact"] ==
          json{{"GivenName", "Jane"}, {"DisplayName", "Jane"}, {"EmailAddresses", {{"EmailAddress1", "j@x.example"}}}});
    CHECK(
        world.sim->control({{"do", "user_edit"}, {"mailbox", ann(server)}, {"item", id}, {"contact", {{"Givn", "x"}}}})
            .contains("error"));
  }
  for (const auto& server : all_servers)
    world.control({{"do", "seed_contacts"}, {"mailbox", ann(server)}, {"count", 25}, {"seed", 3}});
  const auto contents = [&](const std::string& server) {
    return world.control({{"do", "contents"}, {"mailbox", ann(server)}, {"folder", "contacts"}});
  };
  const auto before = contents("new");
  CHECK(before["items"].size() == 26);
  world.sim->load(world.sim->save());
  CHECK(contents("new") == before);
  // Every seeded contact can be read in every version.
  for (const auto& server : all_servers)
    for (const auto& one : contents(server)["items"])
      CHECK(codes(get(world, server, one["id"])) == names{"NoError"});
}
