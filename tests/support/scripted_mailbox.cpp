#include "tests/support/scripted_mailbox.hpp"

#include <caf/send.hpp>

#include <algorithm>
#include <utility>

namespace exsyncd::testing {

namespace {

using self_pointer = scripted_mailbox_actor::stateful_pointer<scripted_mailbox_state>;
using act = std::function<model_mailbox::outcome(model_mailbox&)>;

failure failure_of(std::string code, enum reach reach, enum retry retry, std::string what) {
  failure f;
  f.reach = reach;
  f.retry = retry;
  f.code = std::move(code);
  f.what = std::move(what);
  return f;
}

failure busy(const mailbox_call& call) {
  return failure_of("ErrorServerBusy", reach::account, retry::later, call.name);
}

failure no_such_folder(const std::string& what) {
  return failure_of("ErrorFolderNotFound", reach::folder, retry::after_change, what);
}

write_outcome as_answer(const mailbox_call& call, model_mailbox::outcome o) {
  struct {
    const mailbox_call& call;
    write_outcome operator()(const model_mailbox::done& d) const { return written{d.id, d.key}; }
    write_outcome operator()(const model_mailbox::stale&) const { return stale{}; }
    write_outcome operator()(const model_mailbox::gone&) const { return gone{}; }
    write_outcome operator()(const model_mailbox::not_settable&) const {
      return refused{failure_of("ErrorInvalidPropertyUpdateSentMessage", reach::item, retry::after_change, call.name)};
    }
    write_outcome operator()(const model_mailbox::corrupt&) const {
      return refused{failure_of("ErrorMimeContentInvalid", reach::item, retry::never, call.name)};
    }
    write_outcome operator()(const model_mailbox::no_folder&) const { return not_done{no_such_folder(call.name)}; }
  } const translate{call};
  return std::visit(translate, o);
}

/// The script's part of every call: what is wrong with it, what it does, what it answers.
class calls {
public:
  calls(self_pointer self, side side, std::shared_ptr<model_mailbox> model, mailbox_script script)
      : self_(self), side_(side), model_(std::move(model)), script_(std::move(script)) {}

  model_mailbox& model() const { return *model_; }

  mailbox_call call(std::string name) const {
    mailbox_call c;
    c.side = side_;
    c.name = std::move(name);
    return c;
  }

  /// `effect` makes the answer, `failed` the answer of a call that was not done.
  template <class Reply>
  caf::typed_response_promise<Reply> read(const mailbox_call& call, const std::function<Reply()>& effect,
                                          const std::function<Reply(failure)>& failed) const {
    auto promise = self_->make_response_promise<Reply>();
    const auto f = begin(call);
    switch (f.kind) {
    case fault::kind::dies_before:
    case fault::kind::dies_after:
      promise.deliver(caf::make_error(caf::sec::request_receiver_down));
      self_->quit(caf::exit_reason::unhandled_exception);
      return promise;
    case fault::kind::vanishes_before:
      return promise;
    case fault::kind::fails:
    case fault::kind::answer_lost_before:
    case fault::kind::answer_lost_after:
    case fault::kind::cut:
      promise.deliver(failed(busy(call)));
      return promise;
    case fault::kind::none:
    case fault::kind::commits_later:
    case fault::kind::answers_late:
    case fault::kind::refuses_item:
    case fault::kind::stops:
    case fault::kind::vanishes_after:
    case fault::kind::halfway:
    case fault::kind::vanishes_halfway:
      break;
    }
    auto reply = effect();
    script_.after(call);
    answer(std::move(promise), f, std::move(reply));
    return promise;
  }

  /// `halves`: what is there where only some of the requests that `acts` take were done.
  caf::typed_response_promise<write_done> write(mailbox_call call, const std::vector<act>& acts,
                                                const std::vector<act>& halves = {}) const {
    call.writes = true;
    auto promise = self_->make_response_promise<write_done>();
    auto f = begin(call);
    const unknown lost{failure_of("timeout", reach::account, retry::later, call.name)};
    write_done done;
    switch (f.kind) {
    case fault::kind::vanishes_before:
      return promise;
    case fault::kind::dies_before:
      die(promise);
      return promise;
    case fault::kind::fails:
      done.outcomes.assign(acts.size(), not_done{busy(call)});
      promise.deliver(std::move(done));
      return promise;
    case fault::kind::answer_lost_before:
      done.outcomes.assign(acts.size(), lost);
      promise.deliver(std::move(done));
      return promise;
    case fault::kind::commits_later:
      model_->commit_at(script_.now() + f.held + f.after, [acts](model_mailbox& m) {
        for (const auto& a : acts)
          a(m);
      });
      done.outcomes.assign(acts.size(), lost);
      if (f.held > std::chrono::seconds(0)) f.kind = fault::kind::answers_late;
      f.after = f.held;
      answer(promise, f, std::move(done));
      return promise;
    case fault::kind::halfway:
    case fault::kind::vanishes_halfway:
      for (const auto& half : halves)
        half(*model_);
      script_.after(call);
      done.outcomes.assign(acts.size(), lost);
      if (f.kind == fault::kind::halfway) promise.deliver(std::move(done));
      return promise;
    case fault::kind::none:
    case fault::kind::answer_lost_after:
    case fault::kind::answers_late:
    case fault::kind::refuses_item:
    case fault::kind::stops:
    case fault::kind::cut:
    case fault::kind::dies_after:
    case fault::kind::vanishes_after:
      break;
    }
    const bool ends_early = f.kind == fault::kind::stops || f.kind == fault::kind::cut;
    for (std::size_t i = 0; i < acts.size(); ++i) {
      if (f.kind == fault::kind::refuses_item && i == f.at)
        done.outcomes.push_back(
            refused{failure_of("ErrorItemSavePropertyError", reach::item, retry::after_change, call.name)});
      else if (ends_early && i >= f.at)
        done.outcomes.push_back(
            not_done{failure_of("ErrorBatchProcessingStopped", reach::account, retry::later, call.name)});
      else
        done.outcomes.push_back(as_answer(call, acts[i](*model_)));
      if (auto* w = std::get_if<written>(&done.outcomes.back()); w && !model_->tells_keys) w->key = {};
    }
    script_.after(call);
    if (f.kind == fault::kind::answer_lost_after || f.kind == fault::kind::cut) done.outcomes.assign(acts.size(), lost);
    if (f.kind == fault::kind::dies_after)
      die(promise);
    else
      answer(promise, f, std::move(done));
    return promise;
  }

  /// One folder, so a fault of a batch is one of the whole.
  caf::typed_response_promise<folder_done>
  write_folder(mailbox_call call, const std::function<folder_outcome(model_mailbox&)>& act) const {
    call.writes = true;
    auto promise = self_->make_response_promise<folder_done>();
    const auto f = begin(call);
    const folder_done lost{unknown{failure_of("timeout", reach::account, retry::later, call.name)}};
    switch (f.kind) {
    case fault::kind::vanishes_before:
      return promise;
    case fault::kind::dies_before:
      die(promise);
      return promise;
    case fault::kind::fails:
    case fault::kind::refuses_item:
    case fault::kind::stops:
      promise.deliver(folder_done{not_done{busy(call)}});
      return promise;
    case fault::kind::answer_lost_before:
      promise.deliver(lost);
      return promise;
    case fault::kind::commits_later:
      model_->commit_at(script_.now() + f.after, act);
      promise.deliver(lost);
      return promise;
    case fault::kind::none:
    case fault::kind::answer_lost_after:
    case fault::kind::answers_late:
    case fault::kind::cut:
    case fault::kind::dies_after:
    case fault::kind::vanishes_after:
    case fault::kind::halfway:
    case fault::kind::vanishes_halfway:
      break;
    }
    folder_done done{act(*model_)};
    script_.after(call);
    if (f.kind == fault::kind::answer_lost_after || f.kind == fault::kind::cut) done = lost;
    if (f.kind == fault::kind::dies_after)
      die(promise);
    else
      answer(promise, f, std::move(done));
    return promise;
  }

  /// It changes nothing that a user sees, so it is no write to the script.
  caf::typed_response_promise<leases_written> write_at_folders(const mailbox_call& call,
                                                               const std::function<leases_written(model_mailbox&)>& act,
                                                               std::size_t count) const {
    auto promise = self_->make_response_promise<leases_written>();
    const auto f = begin(call);
    const auto all = [&](const folder_outcome& o) { return leases_written{std::vector<folder_outcome>(count, o)}; };
    const auto lost = all(unknown{failure_of("timeout", reach::account, retry::later, call.name)});
    switch (f.kind) {
    case fault::kind::vanishes_before:
      return promise;
    case fault::kind::dies_before:
      die(promise);
      return promise;
    case fault::kind::fails:
    case fault::kind::refuses_item:
    case fault::kind::stops:
      promise.deliver(all(not_done{busy(call)}));
      return promise;
    case fault::kind::answer_lost_before:
      promise.deliver(lost);
      return promise;
    case fault::kind::commits_later:
      model_->commit_at(script_.now() + f.after, [act](model_mailbox& b) { act(b); });
      promise.deliver(lost);
      return promise;
    case fault::kind::none:
    case fault::kind::answer_lost_after:
    case fault::kind::answers_late:
    case fault::kind::cut:
    case fault::kind::dies_after:
    case fault::kind::vanishes_after:
    case fault::kind::halfway:
    case fault::kind::vanishes_halfway:
      break;
    }
    auto done = act(*model_);
    script_.after(call);
    if (f.kind == fault::kind::answer_lost_after || f.kind == fault::kind::cut) done = lost;
    if (f.kind == fault::kind::dies_after)
      die(promise);
    else
      answer(promise, f, std::move(done));
    return promise;
  }

private:
  fault begin(const mailbox_call& call) const {
    model_->reach(script_.now());
    return script_.before(call);
  }

  template <class Reply>
  void die(caf::typed_response_promise<Reply>& promise) const {
    promise.deliver(caf::make_error(caf::sec::request_receiver_down));
    self_->quit(caf::exit_reason::unhandled_exception);
  }

  template <class Reply>
  void answer(caf::typed_response_promise<Reply> promise, const fault& f, Reply reply) const {
    if (f.kind == fault::kind::vanishes_after) return;
    if (f.kind != fault::kind::answers_late) {
      promise.deliver(std::move(reply));
      return;
    }
    auto& late = self_->state.late;
    const auto n = late.size();
    late.push_back([promise, reply]() mutable { promise.deliver(std::move(reply)); });
    self_->delayed_send(self_, f.after, answer_now{n});
  }

  self_pointer self_;
  side side_;
  std::shared_ptr<model_mailbox> model_;
  mailbox_script script_;
};

} // namespace

scripted_mailbox_actor::behavior_type scripted_mailbox(self_pointer self, side side,
                                                       std::shared_ptr<model_mailbox> model, mailbox_script script) {
  const auto on = std::make_shared<calls>(self, side, std::move(model), std::move(script));
  return {
      [on](identify) {
        return on->read<identified>(
            on->call("identify"), [&] { return identified{on->model().identity()}; },
            [](failure f) { return identified{std::move(f)}; });
      },
      [on](const find_folders& m) {
        return on->read<folders_found>(
            on->call("find_folders"),
            [&] {
              std::vector<result<folder_state>> all;
              for (const auto& path : m.paths) {
                if (auto f = on->model().folder(path))
                  all.push_back(*f);
                else
                  all.push_back(no_such_folder(path));
              }
              return folders_found{std::move(all)};
            },
            [](failure f) { return folders_found{std::move(f)}; });
      },
      [on](const list_folders& m) {
        return on->read<folders_listed>(
            on->call("list_folders"),
            [&]() -> folders_listed {
              if (auto all = on->model().below(m.root)) return {std::move(*all)};
              return {no_such_folder(m.root)};
            },
            [](failure f) { return folders_listed{std::move(f)}; });
      },
      [on](const list_changes& m) {
        auto call = on->call("list_changes");
        call.folder = m.folder;
        return on->read<changes_listed>(
            call,
            [&]() -> changes_listed {
              auto listed = on->model().list(m.folder, m.cursor);
              if (!listed) return {no_such_folder("list_changes")};
              if (auto* page = std::get_if<change_page>(&*listed)) return {std::move(*page)};
              return {cursor_invalid{}};
            },
            [](failure f) { return changes_listed{std::move(f)}; });
      },
      [on](const read_content& m) {
        auto call = on->call("read_content");
        call.items = m.items;
        return on->read<content_read>(
            call,
            [&] {
              std::vector<content_outcome> all;
              for (const auto& id : m.items) {
                if (auto c = on->model().read(id))
                  all.push_back(std::move(*c));
                else if (on->model().may_hide)
                  all.push_back(failure_of("ErrorItemNotFound", reach::item, retry::later, call.name));
                else
                  all.push_back(gone{});
              }
              return content_read{std::move(all)};
            },
            [](failure f) { return content_read{std::move(f)}; });
      },
      [on](const fetch_items& m) {
        auto call = on->call("fetch_items");
        call.items = m.items;
        return on->read<items_fetched>(
            call,
            [&] {
              std::vector<fetch_outcome> all;
              for (const auto& id : m.items) {
                if (auto c = on->model().read(id))
                  all.push_back(fetched{*on->model().carry(id), std::move(*c)});
                else
                  all.push_back(gone{});
              }
              return items_fetched{std::move(all)};
            },
            [](failure f) { return items_fetched{std::move(f)}; });
      },
      [on](const fetch_attachments& m) {
        auto call = on->call("fetch_attachments");
        call.items = {m.item};
        return on->read<attachments_fetched>(
            call,
            [&]() -> attachments_fetched {
              if (auto all = on->model().attachments(m.item)) return {std::move(*all)};
              return {gone{}};
            },
            [](failure f) { return attachments_fetched{std::move(f)}; });
      },
      [on](const find_by_mark& m) {
        auto call = on->call("find_by_mark");
        call.folder = m.folder;
        call.marks = {m.mark};
        return on->read<found_by_mark>(
            call,
            [&]() -> found_by_mark {
              if (auto holders = on->model().find_by_mark(m.folder, m.mark, m.search_key)) return {std::move(*holders)};
              return {no_such_folder("find_by_mark")};
            },
            [](failure f) { return found_by_mark{std::move(f)}; });
      },
      [on](const create_items& m) {
        auto call = on->call("create_items");
        call.folder = m.folder;
        std::vector<act> acts;
        for (const auto& [mail, mark] : m.items) {
          call.marks.push_back(mark);
          acts.push_back([folder = m.folder, mail = mail, mark = mark](model_mailbox& box) {
            return box.create(folder, mail, mark);
          });
        }
        return on->write(std::move(call), acts);
      },
      [on](const update_items& m) {
        auto call = on->call("update_items");
        std::vector<act> acts, halves;
        for (const auto& u : m.items) {
          call.items.push_back(u.id);
          for (const auto& f : u.fields)
            call.fields.push_back(f.field);
          acts.push_back([u](model_mailbox& box) { return box.update(u.id, u.guard, u.fields, u.attachments); });
          halves.push_back(
              [u](model_mailbox& box) { return box.update_halfway(u.id, u.guard, u.fields, u.attachments); });
        }
        for (const auto f : {field::attachments, field::exceptions})
          call.divisible = call.divisible || std::find(call.fields.begin(), call.fields.end(), f) != call.fields.end();
        return on->write(std::move(call), acts, halves);
      },
      [on](const set_read_states& m) {
        auto call = on->call("set_read_states");
        std::vector<act> acts;
        for (const auto& [id, read] : m.items) {
          call.items.push_back(id);
          acts.push_back([id = id, read = read](model_mailbox& box) { return box.set_read(id, read); });
        }
        return on->write(std::move(call), acts);
      },
      [on](const move_items& m) {
        auto call = on->call("move_items");
        call.folder = m.to;
        call.items = m.items;
        std::vector<act> acts;
        for (const auto& id : m.items)
          acts.push_back([id, to = m.to](model_mailbox& box) { return box.move(id, to); });
        return on->write(std::move(call), acts);
      },
      [on](const remove_items& m) {
        auto call = on->call("remove_items");
        call.items = m.items;
        std::vector<act> acts;
        for (const auto& id : m.items)
          acts.push_back([id](model_mailbox& box) { return box.remove(id); });
        return on->write(std::move(call), acts);
      },
      [on](const create_folder& m) {
        auto call = on->call("create_folder");
        call.folder = m.parent;
        return on->write_folder(call,
                                [m](model_mailbox& b) { return b.create_folder(m.parent, m.name, m.folder_class); });
      },
      [on](const rename_folder& m) {
        auto call = on->call("rename_folder");
        call.folder = m.id;
        return on->write_folder(call, [m](model_mailbox& b) { return b.rename_folder(m.id, m.key, m.name); });
      },
      [on](const move_folder& m) {
        auto call = on->call("move_folder");
        call.folder = m.id;
        return on->write_folder(call, [m](model_mailbox& b) { return b.move_folder(m.id, m.to); });
      },
      [on](const write_leases& m) {
        return on->write_at_folders(
            on->call("write_leases"),
            [m](model_mailbox& b) {
              leases_written done;
              for (const auto& f : m.folders)
                done.outcomes.push_back(b.write_leases(f.id, f.key, f.leases));
              return done;
            },
            m.folders.size());
      },
      [on](const read_leases& m) {
        return on->read<leases_read>(
            on->call("read_leases"),
            [&] {
              std::vector<result<folder_state>> all;
              for (const auto& id : m.folders)
                if (auto f = on->model().folder(id))
                  all.push_back(std::move(*f));
                else
                  all.push_back(no_such_folder(id.value));
              return leases_read{std::move(all)};
            },
            [](failure f) { return leases_read{std::move(f)}; });
      },
      [on](ask_settable) {
        // No request to a server stands behind this one: nothing goes wrong with it.
        const auto& box = on->model();
        return settable{box.settable_on_mail, box.settable_on_draft,       box.settable_on_contact,
                        box.settable_on_task, box.settable_on_appointment, box.largest_item};
      },
      [self](answer_now m) { std::exchange(self->state.late[m.which], nullptr)(); },
  };
}

const char* name_of(enum fault::kind kind) {
  switch (kind) {
  case fault::kind::none:
    return "none";
  case fault::kind::fails:
    return "fails";
  case fault::kind::answer_lost_before:
    return "answer_lost_before";
  case fault::kind::answer_lost_after:
    return "answer_lost_after";
  case fault::kind::commits_later:
    return "commits_later";
  case fault::kind::answers_late:
    return "answers_late";
  case fault::kind::refuses_item:
    return "refuses_item";
  case fault::kind::stops:
    return "stops";
  case fault::kind::cut:
    return "cut";
  case fault::kind::dies_before:
    return "dies_before";
  case fault::kind::dies_after:
    return "dies_after";
  case fault::kind::vanishes_before:
    return "vanishes_before";
  case fault::kind::vanishes_after:
    return "vanishes_after";
  case fault::kind::halfway:
    return "halfway";
  case fault::kind::vanishes_halfway:
    return "vanishes_halfway";
  }
  return "?";
}

} // namespace exsyncd::testing
