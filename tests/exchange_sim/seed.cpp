#include "tests/exchange_sim/seed.hpp"

#include <gmime/gmime.h>

#include <array>
#include <memory>
#include <random>
#include <string_view>

namespace exchange_sim {
namespace {

struct object_unref {
  void operator()(void* p) const { g_object_unref(p); }
};
template <class T>
using object_ptr = std::unique_ptr<T, object_unref>;

struct person {
  const char* name;
  const char* address;
};

constexpr std::array people{
    person{"Jane Doe", "jane.doe@northwind.example"},
    person{"Zoë Müller", "zoe.mueller@kontor.example"},
    person{"Ирина Соколова", "irina@sever.example"},
    person{"山田 太郎", "yamada@tokei.example"},
    person{"Łukasz Żak", "lukasz.zak@warsztat.example"},
    person{"François Lefèvre", "f.lefevre@atelier.example"},
    person{"שרה כהן", "sara@gan.example"},
    person{"Ana María Núñez", "ana@taller.example"},
    person{"O'Brien, Pat", "pat.obrien@harbour.example"},
    person{"Đặng Thị Hoa", "hoa@sen.example"},
    person{"\"Ops\" <robot>", "no-reply@status.example"},
    person{"Νίκος Παππάς", "nikos@limani.example"},
};

constexpr std::array subjects{
    "Minutes of Tuesday's meeting",
    "Offer no. 4711 — revised",
    "Übersicht der Räume für März",
    "Счёт за октябрь",
    "来週の打ち合わせについて",
    "Réservation confirmée : 2 nuits",
    "תזכורת: פגישה מחר",
    "Lunch? 🍜🥢",
    "[build] 14 of 15 jobs green",
    "Q3 figures <draft> & \"open\" questions",
    "Zamówienie przyjęte, dziękujemy!",
    "Your parcel is on its way",
};

constexpr std::array paragraphs{
    "Thank you for the quick answer. I have gone through the list twice and marked what is still open.",
    "Bitte prüfen Sie die Maße: Höhe 2,40 m, Breite 1,15 m – die Tür öffnet nach außen.",
    "Мы получили ваши документы и ответим до пятницы.",
    "資料を添付しましたので、ご確認をお願いいたします。",
    "Les chiffres du troisième trimestre dépassent nos prévisions ; le détail suit en annexe.",
    "A line that begins with a dot follows.\r\n.hidden dot\r\nFrom the top: a line that begins with From.",
    "Trailing blanks matter here:   \r\n\tand so does a tab.",
    "The train leaves at 07:42 from platform 9; tickets are in your inbox & on paper (€ 38,90).",
    "יש להגיע עד השעה תשע.",
    "See https://status.example/runs/8812?from=mail&x=1 for the whole report.",
};

constexpr std::array<const char*, 6> categories{"Red Category", "Projekte", "Kunden / Clients",
                                                "家族",         "Travel",   "follow-up"};

// A complete PNG of one pixel; viewers show it, so an inline image is a real one.
constexpr unsigned char pixel[] = {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48,
                                   0x44, 0x52, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00,
                                   0x00, 0x1f, 0x15, 0xc4, 0x89, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78,
                                   0xda, 0x63, 0xfc, 0xcf, 0xc0, 0x50, 0x0f, 0x00, 0x04, 0x85, 0x01, 0x80, 0x84, 0xa9,
                                   0x8c, 0x21, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82};

enum class kind : std::size_t {
  plain,
  html,
  script,
  attachment,
  inline_image,
  reply,
  latin1,
  cjk_base64,
  large,
  twin,
  nested,
  odd_headers,
  count
};

class generator {
public:
  explicit generator(const seed_settings& settings) : settings_(settings), random_(settings.seed) {}

  seeded_mail next(std::size_t index);

private:
  struct parts {
    std::string text, subject;
    person from, to;
    std::string message_id;
  };

  std::size_t below(std::size_t bound) { return random_() % bound; }
  template <class T, std::size_t n>
  const T& pick(const std::array<T, n>& from) {
    return from[below(n)];
  }

  std::string body();
  std::string bytes(std::size_t size);
  std::string boundary() { return "=_sim_" + std::to_string(random_()); }

  object_ptr<GMimePart> text_part(const char* subtype, const std::string& text, const char* charset,
                                  GMimeContentEncoding encoding) const;
  object_ptr<GMimePart> file_part(const char* type, const char* subtype, const std::string& content,
                                  const std::string& name) const;
  object_ptr<GMimeMultipart> multipart(const char* subtype);
  object_ptr<GMimeObject> content(kind, const std::string& text);
  object_ptr<GMimeMessage> message(const person& from, const person& to, const std::string& subject,
                                   const std::string& id, std::chrono::system_clock::time_point date) const;

  const seed_settings& settings_;
  std::mt19937_64 random_;
  std::string last_subject_, last_id_, last_references_, last_text_;
  person last_from_ = people[0];
};

std::string generator::body() {
  std::string text;
  for (std::size_t i = 0, n = 1 + below(4); i < n; ++i)
    text += std::string(pick(paragraphs)) + "\r\n\r\n";
  return text + "-- \r\n" + pick(people).name + "\r\n";
}

std::string generator::bytes(std::size_t size) {
  std::string result(size, '\0');
  for (auto& byte : result)
    byte = static_cast<char>(random_());
  return result;
}

object_ptr<GMimePart> generator::text_part(const char* subtype, const std::string& text, const char* charset,
                                           GMimeContentEncoding encoding) const {
  object_ptr<GMimeTextPart> part(g_mime_text_part_new_with_subtype(subtype));
  g_mime_text_part_set_charset(part.get(), charset);
  g_mime_text_part_set_text(part.get(), text.c_str());
  g_mime_part_set_content_encoding(GMIME_PART(part.get()), encoding);
  return object_ptr<GMimePart>(GMIME_PART(part.release()));
}

object_ptr<GMimePart> generator::file_part(const char* type, const char* subtype, const std::string& content,
                                           const std::string& name) const {
  object_ptr<GMimePart> part(g_mime_part_new_with_type(type, subtype));
  object_ptr<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(content.data(), content.size()));
  object_ptr<GMimeDataWrapper> wrapper(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part.get(), wrapper.get());
  g_mime_part_set_content_encoding(part.get(), GMIME_CONTENT_ENCODING_BASE64);
  g_mime_object_set_disposition(GMIME_OBJECT(part.get()), GMIME_DISPOSITION_ATTACHMENT);
  g_mime_part_set_filename(part.get(), name.c_str());
  return part;
}

object_ptr<GMimeMultipart> generator::multipart(const char* subtype) {
  object_ptr<GMimeMultipart> result(g_mime_multipart_new_with_subtype(subtype));
  g_mime_multipart_set_boundary(result.get(), boundary().c_str());
  return result;
}

object_ptr<GMimeMessage> generator::message(const person& from, const person& to, const std::string& subject,
                                            const std::string& id, std::chrono::system_clock::time_point date) const {
  object_ptr<GMimeMessage> result(g_mime_message_new(TRUE));
  g_mime_message_add_mailbox(result.get(), GMIME_ADDRESS_TYPE_FROM, from.name, from.address);
  g_mime_message_add_mailbox(result.get(), GMIME_ADDRESS_TYPE_TO, to.name, to.address);
  g_mime_message_set_subject(result.get(), subject.c_str(), "utf-8");
  GDateTime* when = g_date_time_new_from_unix_utc(std::chrono::system_clock::to_time_t(date));
  g_mime_message_set_date(result.get(), when);
  g_date_time_unref(when);
  g_mime_message_set_message_id(result.get(), id.c_str());
  return result;
}

object_ptr<GMimeObject> generator::content(kind what, const std::string& text) {
  const auto as_object = [](auto part) { return object_ptr<GMimeObject>(GMIME_OBJECT(part.release())); };
  const auto add = [](GMimeMultipart* to, const auto& part) { g_mime_multipart_add(to, GMIME_OBJECT(part.get())); };
  const auto html = [&](const std::string& extra) {
    return "<html><body><p>" + text + "</p>" + extra +
           "<p style=\"color:#336\">Ünïcödé &amp; <b>bold</b></p></body></html>\r\n";
  };
  switch (what) {
  case kind::html: {
    auto both = multipart("alternative");
    add(both.get(), text_part("plain", text, "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    add(both.get(), text_part("html", html(""), "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    return as_object(std::move(both));
  }
  case kind::attachment: {
    auto all = multipart("mixed");
    add(all.get(), text_part("plain", text, "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    add(all.get(), file_part("application", "pdf", "%PDF-1.4\n" + bytes(200 + below(4000)), "report.pdf"));
    if (below(2) == 0) add(all.get(), file_part("text", "csv", "name;amount\r\nMüller;12,50\r\n", "Beträge März.csv"));
    return as_object(std::move(all));
  }
  case kind::inline_image: {
    auto all = multipart("related");
    const std::string id = "image" + std::to_string(random_()) + "@seed.example";
    add(all.get(),
        text_part("html", html("<img src=\"cid:" + id + "\">"), "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    auto image = file_part("image", "png", std::string(reinterpret_cast<const char*>(pixel), sizeof pixel), "logo.png");
    g_mime_object_set_disposition(GMIME_OBJECT(image.get()), GMIME_DISPOSITION_INLINE);
    g_mime_part_set_filename(image.get(), "logo.png");
    g_mime_part_set_content_id(image.get(), id.c_str());
    add(all.get(), image);
    return as_object(std::move(all));
  }
  case kind::latin1:
    return as_object(text_part("plain", "Grüße aus Köln, bis spätestens Donnerstag.\r\nÀ bientôt, señor!\r\n",
                               "iso-8859-1", GMIME_CONTENT_ENCODING_8BIT));
  case kind::cjk_base64:
    return as_object(text_part("plain", "お世話になっております。\r\n" + text, "utf-8", GMIME_CONTENT_ENCODING_BASE64));
  case kind::large: {
    auto all = multipart("mixed");
    add(all.get(), text_part("plain", text, "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    add(all.get(), file_part("application", "octet-stream", bytes(60'000 + below(200'000)), "backup.bin"));
    return as_object(std::move(all));
  }
  case kind::nested: {
    auto all = multipart("mixed");
    add(all.get(), text_part("plain", text, "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
    auto inner =
        message(pick(people), pick(people), "Forwarded: " + std::string(pick(subjects)),
                "inner." + std::to_string(random_()) + "@seed.example", settings_.newest - std::chrono::hours(2000));
    auto inner_text =
        text_part("plain", std::string(pick(paragraphs)) + "\r\n", "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    g_mime_message_set_mime_part(inner.get(), GMIME_OBJECT(inner_text.get()));
    object_ptr<GMimeMessagePart> part(g_mime_message_part_new_with_message("rfc822", inner.get()));
    g_mime_object_set_disposition(GMIME_OBJECT(part.get()), GMIME_DISPOSITION_ATTACHMENT);
    add(all.get(), part);
    return as_object(std::move(all));
  }
  default:
    return as_object(text_part("plain", text, "utf-8", GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE));
  }
}

seeded_mail generator::next(std::size_t index) {
  const auto what = static_cast<kind>(index % static_cast<std::size_t>(kind::count));
  const person owner{settings_.owner_name.c_str(), settings_.owner_address.c_str()};
  seeded_mail mail;
  // Steps of three to forty minutes: one order by date, and mails of several days also where there are few.
  mail.received = settings_.newest - std::chrono::minutes(37 * index + below(20)) - std::chrono::seconds(below(60));
  mail.state = index % 9 == 7 ? seed_state::sent : index % 13 == 11 ? seed_state::draft : seed_state::received;
  mail.folder = !settings_.folder.empty()         ? settings_.folder
                : mail.state == seed_state::sent  ? "sentitems"
                : mail.state == seed_state::draft ? "drafts"
                : index % 4 == 1                  ? "inbox/Projects"
                                                  : "inbox";
  mail.read = mail.state != seed_state::received || below(5) < 3;
  if (below(5) == 0) mail.categories.push_back(pick(categories));
  if (mail.categories.size() == 1 && below(3) == 0 && mail.categories[0] != categories[0])
    mail.categories.push_back(categories[0]);
  if (below(8) == 0) mail.flag = below(3) == 0 ? seed_flag::complete : seed_flag::flagged;
  if (below(10) == 0) mail.importance = below(2) == 0 ? "High" : "Low";
  if (below(15) == 0) mail.sensitivity = below(2) == 0 ? "Private" : "Confidential";

  std::string subject = std::string(pick(subjects)) + " (" + std::to_string(index + 1) + ")";
  std::string text = body();
  const std::string id = std::to_string(random_()) + "." + std::to_string(index) + "@seed.example";
  person other = pick(people);
  std::string references;
  if (what == kind::reply && !last_id_.empty()) {
    subject = last_subject_.rfind("Re: ", 0) == 0 ? last_subject_ : "Re: " + last_subject_;
    references = last_references_ + (last_references_.empty() ? "" : " ") + "<" + last_id_ + ">";
  }
  if (what == kind::twin && !last_id_.empty()) {
    subject = last_subject_, text = last_text_, other = last_from_;
    mail.received += std::chrono::minutes(1);
  }
  if (what == kind::odd_headers)
    subject = below(3) == 0
                  ? ""
                  : subject + " " + std::string(180, 'x') + " ünd nöch länger, bis eine Zeile nicht mehr reicht";

  const bool from_owner = mail.state != seed_state::received;
  auto made = message(from_owner ? owner : other, from_owner ? other : owner, subject, id, mail.received);
  if (below(4) == 0) {
    const auto& copy = pick(people);
    g_mime_message_add_mailbox(made.get(), GMIME_ADDRESS_TYPE_CC, copy.name, copy.address);
  }
  auto* headers = GMIME_OBJECT(made.get());
  if (!references.empty()) {
    g_mime_object_set_header(headers, "In-Reply-To", ("<" + last_id_ + ">").c_str(), nullptr);
    g_mime_object_set_header(headers, "References", references.c_str(), nullptr);
  }
  if (mail.importance != "Normal") g_mime_object_set_header(headers, "Importance", mail.importance.c_str(), nullptr);
  if (mail.sensitivity == "Private") g_mime_object_set_header(headers, "Sensitivity", "Private", nullptr);
  if (mail.sensitivity == "Confidential")
    g_mime_object_set_header(headers, "Sensitivity", "Company-Confidential", nullptr);
  const auto root = content(what, text);
  g_mime_message_set_mime_part(made.get(), root.get());

  GMimeFormatOptions* format = g_mime_format_options_new();
  g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
  char* written = g_mime_object_to_string(headers, format);
  mail.mime = written;
  g_free(written);
  g_mime_format_options_free(format);

  last_subject_ = subject, last_id_ = id, last_references_ = references, last_text_ = text, last_from_ = other;
  return mail;
}

} // namespace

std::vector<seeded_mail> seed_mails(const seed_settings& settings) {
  g_mime_init();
  generator source(settings);
  std::vector<seeded_mail> mails;
  mails.reserve(settings.count);
  for (std::size_t i = 0; i < settings.count; ++i)
    mails.push_back(source.next(i));
  return mails;
}

} // namespace exchange_sim
