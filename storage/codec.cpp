#include "storage/codec.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

namespace exsyncd {
namespace {

using nlohmann::json;

constexpr int version = 1;

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <template <class...> class Template, class... Args>
inline constexpr bool is_a<Template<Args...>, Template> = true;

// ---- the fields of each record, once for both ways ----

template <class Some, class Record>
concept of_type = std::same_as<std::remove_const_t<Some>, Record>;

template <class Archive, of_type<observation> R>
void fields(Archive& a, R& o) {
  a(o.sequence, o.presence, o.item, o.mailbox, o.folder, o.key, o.read, o.draft, o.item_class, o.subject, o.search_key,
    o.message_id, o.mark, o.received, o.sent, o.size, o.generation, o.content, o.content_key, o.unlisted_since,
    o.meeting, o.likeness, o.missed_since, o.copied, o.given_up);
}
template <class Archive, of_type<side_base> R>
void fields(Archive& a, R& b) {
  a(b.key, b.read, b.content, b.read_back);
}
template <class Archive, of_type<conflict> R>
void fields(Archive& a, R& c) {
  a(c.pair, c.folder_pair, c.twin, c.subject, c.loser, c.reason, c.fields, c.keys, c.when);
}
template <class Archive, of_type<part_values> R>
void fields(Archive& a, R& p) {
  a(p.field, p.before, p.wanted, p.kept);
}
template <class Archive, of_type<intent> R>
void fields(Archive& a, R& i) {
  a(i.id, i.operation, i.target, i.folder, i.item, i.source_key, i.guard, i.fields, i.expected, i.read, i.mark, i.step,
    i.made, i.made_key, i.answers, i.begun, i.loses, i.parts);
}
template <class Archive, of_type<trouble> R>
void fields(Archive& a, R& t) {
  a(t.code, t.what, t.hint, t.tries, t.banned, t.since, t.next, t.at, t.side, t.refused, t.one_by_one);
}
template <class Archive, of_type<twin> R>
void fields(Archive& a, R& t) {
  a(t.id, t.pair, t.folder_pair, t.seen, t.base, t.intent, t.trouble, t.abandoned, t.buried, t.times_synced, t.answered,
    t.unfinished);
}
template <class Archive, of_type<folder_side> R>
void fields(Archive& a, R& f) {
  a(f.pair, f.folder_pair, f.side, f.mailbox, f.folder, f.path, f.cursor, f.phase, f.generation, f.listed_at,
    f.bound_at, f.whole_generation, f.left_alone_by);
}
template <class Archive, of_type<frozen> R>
void fields(Archive& a, R& f) {
  a(f.reason, f.since);
}
template <class Archive, of_type<release> R>
void fields(Archive& a, R& r) {
  a(r.put_back, r.up_to, r.when);
}
template <class Archive, of_type<wary> R>
void fields(Archive& a, R& w) {
  a(w.since, w.when);
}
template <class Archive, of_type<departure> R>
void fields(Archive& a, R& d) {
  a(d.up_to, d.stayed);
}
template <class Archive, of_type<delete_count> R>
void fields(Archive& a, R& d) {
  a(d.day, d.count);
}
template <class Archive, of_type<pair_memory> R>
void fields(Archive& a, R& m) {
  a(m.started, m.start_in_file);
}
template <class Archive, of_type<folder_pair_counts> R>
void fields(Archive& a, R& c) {
  a(c.folder_pair, c.known, c.agreed, c.unsettled, c.banned);
}

template <class Archive, of_type<lease_record> R>
void fields(Archive& a, R& l) {
  a(l.folder_pair, l.side, l.folder, l.nonce, l.next);
}

template <class Archive, of_type<undo_record> R>
void fields(Archive& a, R& u) {
  a(u.id, u.pair, u.folder_pair, u.twin, u.intent, u.side, u.operation, u.item_class, u.subject, u.item, u.mailbox,
    u.fields, u.lacks, u.bytes, u.when, u.done, u.put_back, u.copy_wanted);
}

template <class Archive, of_type<declaration> R>
void fields(Archive& a, R& d) {
  a(d.kind, d.name, d.text);
}

template <class Archive, of_type<byte_count> R>
void fields(Archive& a, R& b) {
  a(b.sent, b.received);
}
template <class Archive, of_type<traffic_count> R>
void fields(Archive& a, R& t) {
  a(t.items, t.polling, t.requests);
}
template <class Archive, of_type<traffic_period> R>
void fields(Archive& a, R& p) {
  a(p.pair, p.begin, p.count);
}
template <class Archive, of_type<costly_item> R>
void fields(Archive& a, R& c) {
  a(c.pair, c.twin, c.month, c.folder_pair, c.item_class, c.subject, c.items, c.in_owa, c.date, c.size, c.bytes,
    c.updated, c.times_synced);
}
template <class Archive, of_type<allowance> R>
void fields(Archive& a, R& l) {
  a(l.id, l.kind, l.from, l.to, l.pairs, l.bytes, l.used, l.added, l.removed);
}
template <class Archive, of_type<allowance_month> R>
void fields(Archive& a, R& m) {
  a(m.month, m.used);
}

// ---- values ----

template <class E>
constexpr std::pair<E, E> range_of();
template <>
constexpr std::pair<side, side> range_of() {
  return {side::primary, side::replica};
}
template <>
constexpr std::pair<presence, presence> range_of() {
  return {presence::present, presence::absent};
}
template <>
constexpr std::pair<operation, operation> range_of() {
  return {operation::create, operation::replace};
}
template <>
constexpr std::pair<listing_phase, listing_phase> range_of() {
  return {listing_phase::from_beginning, listing_phase::following};
}
template <>
constexpr std::pair<declared, declared> range_of() {
  return {declared::server, declared::pair};
}
template <>
constexpr std::pair<allowance_kind, allowance_kind> range_of() {
  return {allowance_kind::subscription, allowance_kind::top_up};
}
template <>
constexpr std::pair<item_class, item_class> range_of() {
  return {item_class::message, item_class::other};
}
template <>
constexpr std::pair<field, field> range_of() {
  return {field::subject, field::online_meeting};
}

template <class E>
bool restore_enum(std::uint64_t number, E& value) {
  constexpr auto range = range_of<E>();
  if (number < static_cast<std::uint64_t>(range.first) || number > static_cast<std::uint64_t>(range.second))
    return false;
  value = static_cast<E>(number);
  return true;
}

/// One byte for the field, 16 for its digest: a tenth of what an array of pairs would take.
constexpr std::size_t digest_entry = 1 + std::tuple_size_v<digest>;

json keep_digests(const field_digests& digests) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(digests.size() * digest_entry);
  for (const auto& d : digests) {
    bytes.push_back(static_cast<std::uint8_t>(d.field));
    bytes.insert(bytes.end(), d.value.begin(), d.value.end());
  }
  return json::binary(std::move(bytes));
}

bool restore_digests(const json& from, field_digests& digests) {
  if (!from.is_binary()) return false;
  const auto& bytes = from.get_binary();
  if (bytes.size() % digest_entry != 0) return false;
  digests.clear();
  for (std::size_t at = 0; at < bytes.size(); at += digest_entry) {
    field_digest d{};
    if (!restore_enum(bytes[at], d.field)) return false;
    std::memcpy(d.value.data(), &bytes[at + 1], d.value.size());
    digests.push_back(d);
  }
  return true;
}

struct writer;
struct reader;

template <class T>
concept record = requires(writer& a, T& r) {
  fields(a, r);
};

template <class T>
json keep(const T& value);
template <class T>
bool restore(const json& from, T& value);

struct writer {
  json out = json::array();
  template <class... T>
  void operator()(const T&... values) {
    (out.push_back(keep(values)), ...);
  }
};

/// Fields are only ever added at the end: what an older record does not have stays as a new one begins.
struct reader {
  const json& from;
  std::size_t first = 0; // where the fields begin
  bool ok = true;
  template <class... T>
  void operator()(T&... values) {
    // A record of an older exsyncd ends before what came later: that keeps its default.
    ok = from.is_array() && from.size() > first && from.size() <= first + sizeof...(values);
    std::size_t at = first;
    ((ok = ok && (at >= from.size() || restore(from[at], values)), ++at), ...);
  }
};

template <class T>
json keep(const T& value) {
  if constexpr (std::same_as<T, field_digests>) {
    return keep_digests(value);
  } else if constexpr (is_a<T, std::optional>) {
    return value ? keep(*value) : json(nullptr);
  } else if constexpr (is_a<T, both>) {
    return json::array({keep(value.primary), keep(value.replica)});
  } else if constexpr (is_a<T, std::vector>) {
    json out = json::array();
    for (const auto& element : value)
      out.push_back(keep(element));
    return out;
  } else if constexpr (is_a<T, text_id>) {
    return value.value;
  } else if constexpr (std::same_as<T, utc_seconds>) {
    return static_cast<std::int64_t>(value.time_since_epoch().count());
  } else if constexpr (std::is_enum_v<T>) {
    return static_cast<std::uint64_t>(value);
  } else if constexpr (record<const T>) {
    writer w;
    fields(w, value);
    return std::move(w.out);
  } else {
    return value;
  }
}

template <class T>
bool restore(const json& from, T& value) {
  if constexpr (std::same_as<T, field_digests>) {
    return restore_digests(from, value);
  } else if constexpr (is_a<T, std::optional>) {
    if (from.is_null()) return value.reset(), true;
    return restore(from, value.emplace());
  } else if constexpr (is_a<T, both>) {
    return from.is_array() && from.size() == 2 && restore(from[0], value.primary) && restore(from[1], value.replica);
  } else if constexpr (is_a<T, std::vector>) {
    if (!from.is_array()) return false;
    value.resize(from.size());
    return std::equal(from.begin(), from.end(), value.begin(),
                      [](const json& element, auto& into) { return restore(element, into); });
  } else if constexpr (is_a<T, text_id>) {
    return restore(from, value.value);
  } else if constexpr (std::same_as<T, utc_seconds>) {
    if (!from.is_number_integer()) return false;
    value = utc_seconds{std::chrono::seconds{from.get<std::int64_t>()}};
    return true;
  } else if constexpr (std::is_enum_v<T>) {
    return from.is_number_unsigned() && restore_enum(from.get<std::uint64_t>(), value);
  } else if constexpr (record<T>) {
    reader r{from};
    fields(r, value);
    return r.ok;
  } else if constexpr (std::same_as<T, bool>) {
    return from.is_boolean() && (value = from.get<bool>(), true);
  } else if constexpr (std::same_as<T, std::string>) {
    return from.is_string() && (value = from.get_ref<const std::string&>(), true);
  } else {
    static_assert(std::is_unsigned_v<T>);
    if (!from.is_number_unsigned() || from.get<std::uint64_t>() > std::numeric_limits<T>::max()) return false;
    value = from.get<T>();
    return true;
  }
}

/// Records nest less deep by far; what nests deeper is none, and reading it would take the stack.
constexpr std::size_t deepest = 32;

/// Of CBOR (RFC 8949, 3): each item's head tells how many items or bytes follow. What ends too early, or is of another
/// kind than we write, is left to the parser.
bool nests_too_deep(std::string_view bytes) {
  constexpr unsigned text = 2, characters = 3, array = 4, map = 5, tag = 6;
  std::vector<std::uint64_t> open; // how many items each of them still has
  while (!bytes.empty()) {
    const auto head = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    const unsigned kind = head >> 5, info = head & 31;
    std::uint64_t count = info;
    if (info >= 24) {
      const auto length = info < 28 ? std::size_t{1} << (info - 24) : 0;
      if (length == 0 && info != 31) return false; // reserved
      if (length > bytes.size()) return false;
      count = 0;
      for (std::size_t i = 0; i < length; ++i)
        count = count << 8 | static_cast<unsigned char>(bytes[i]);
      bytes.remove_prefix(length);
      if (info == 31) count = std::numeric_limits<std::uint64_t>::max(); // of indefinite length: never written by us
    }
    if (kind == text || kind == characters) {
      if (info != 31) {
        if (count > bytes.size()) return false;
        bytes.remove_prefix(count);
      }
    } else if (kind == array || kind == map || kind == tag) {
      if (open.size() == deepest) return true;
      const auto items = kind == tag ? 1 : kind == map && count <= bytes.size() ? 2 * count : count;
      if (items > 0) {
        open.push_back(items);
        continue;
      }
    }
    while (!open.empty() && --open.back() == 0)
      open.pop_back();
  }
  return false;
}

storage_failure damaged() {
  return {storage_failure::kind::damaged, "a record in the state directory cannot be read: it is damaged"};
}

} // namespace

template <class Record>
std::string encode(const Record& value) {
  writer w;
  w(version);
  fields(w, value);
  std::string bytes;
  json::to_cbor(w.out, bytes);
  return bytes;
}

template <class Record>
std::variant<Record, storage_failure> decode(std::string_view bytes) {
  if (nests_too_deep(bytes)) return damaged();
  // from_cbor throws on excessive lengths even where it is told not to.
  try {
    auto from = json::from_cbor(bytes.begin(), bytes.end(), true, false);
    if (!from.is_array() || from.empty() || from[0] != version) return damaged();
    Record value;
    reader r{from, 1};
    fields(r, value);
    if (!r.ok) return damaged();
    return value;
  } catch (const json::exception&) {
    return damaged();
  } catch (const std::bad_alloc&) {
    return damaged();
  } catch (const std::length_error&) {
    return damaged();
  }
}

#define EXSYNCD_CODEC_FOR(Record)                                                                                      \
  template std::string encode(const Record&);                                                                          \
  template std::variant<Record, storage_failure> decode(std::string_view);
EXSYNCD_CODEC_FOR(twin)
EXSYNCD_CODEC_FOR(folder_side)
EXSYNCD_CODEC_FOR(frozen)
EXSYNCD_CODEC_FOR(release)
EXSYNCD_CODEC_FOR(wary)
EXSYNCD_CODEC_FOR(departure)
EXSYNCD_CODEC_FOR(delete_count)
EXSYNCD_CODEC_FOR(conflict)
EXSYNCD_CODEC_FOR(pair_memory)
EXSYNCD_CODEC_FOR(folder_pair_counts)
EXSYNCD_CODEC_FOR(lease_record)
EXSYNCD_CODEC_FOR(undo_record)
EXSYNCD_CODEC_FOR(declaration)
EXSYNCD_CODEC_FOR(traffic_period)
EXSYNCD_CODEC_FOR(costly_item)
EXSYNCD_CODEC_FOR(allowance)
EXSYNCD_CODEC_FOR(allowance_month)
#undef EXSYNCD_CODEC_FOR

} // namespace exsyncd
