#pragma once

#include "daemon/supervisor_control.hpp"
#include "ews/model/item.hpp"

#include <chrono>
#include <string>
#include <utility>

// How the control asks; for its own sources only.
namespace exsyncd {

inline constexpr std::chrono::seconds quick{60};
// What waits for mailboxes: a first synchronisation may take a day.
inline constexpr std::chrono::seconds slow = std::chrono::hours(48);

inline utc_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

inline admin::call_error no_answer(const std::string& why) {
  return {admin::error_code::internal, "the daemon gave no answer: " + why, "look into the log", ""};
}

template <class Answer, class Question>
void supervisor_control::ask(Question question, std::chrono::seconds patience, const admin::reply& to,
                             std::function<void(Answer&)> answered) {
  with_.room.ask<Answer>(std::move(question), patience, std::move(answered),
                         [to](const std::string& why) { to.failed(no_answer(why)); });
}

template <class Answer, class Question>
void supervisor_control::ask_meter(Question question, const admin::reply& to, std::function<void(Answer&)> answered) {
  with_.room.ask_meter<Answer>(std::move(question), std::chrono::minutes(5), std::move(answered),
                               [to](const std::string& why) { to.failed(no_answer(why)); });
}

template <class Answer, class Question>
void supervisor_control::ask_ledger(Question question, const admin::reply& to, std::function<void(Answer&)> answered) {
  with_.room.ask_ledger<Answer>(std::move(question), std::chrono::minutes(5), std::move(answered),
                                [to](const std::string& why) { to.failed(no_answer(why)); });
}

} // namespace exsyncd
