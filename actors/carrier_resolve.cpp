#include "actors/carrier.hpp"

#include "actors/logic/digest.hpp"

namespace exsyncd {

/// The answer of this intent's request was lost, or the daemon ended before it came: look, never repeat.
void carrier::resolve(task t) {
  const auto& in = *t.twin.intent;
  auto me = shared_from_this();
  bool by_mark = in.step == 0 && (in.operation == operation::create || in.operation == operation::replace);
  if (by_mark) {
    auto place = work_.where->find(in.folder);
    if (place == work_.where->end()) {
      ++result_.waiting;
      return batch_done();
    }
    ask_mailbox<found_by_mark>(in.target, find_by_mark{place->second[in.target], in.mark},
                               [me, t](std::vector<listed_item>& found) {
                                 me->judge(t, {found, {}});
                               });
    return;
  }
  ask_mailbox<content_read>(in.target, read_content{{in.item}, class_of(t)},
                            [me, t](std::vector<content_outcome>& outcomes) {
                              logic::evidence found;
                              if (outcomes.empty()) return me->batch_done();
                              if (auto* c = std::get_if<content>(&outcomes.front())) found.item = *c;
                              if (auto* f = std::get_if<failure>(&outcomes.front())) {
                                if (f->reach != reach::item) me->stop(t.twin.intent->target, *f);
                                ++me->result_.waiting;
                                return me->batch_done();
                              }
                              me->judge(t, std::move(found));
                            });
}

void carrier::judge(task t, logic::evidence found) {
  const auto& in = *t.twin.intent;
  auto answer = logic::judge(t.twin, in, found, options().context.commit_window, now());
  struct {
    carrier& self;
    task& t;
    const exsyncd::intent& in;

    void operator()(logic::took_effect& e) {
      ++self.result_.done;
      ++self.result_.writes;
      self.log(log_level::info, t, "the answer had been lost, but the write took effect");
      self.tell_loss(t, in);
      self.store({std::move(e.settlement)}, {}, {});
    }
    void operator()(logic::half_done& h) {
      opened o{t, in};
      o.intent.step = 1;
      o.intent.made = h.made;
      o.intent.made_key = h.made_key;
      self.remove_replaced({std::move(o)}, in.target);
    }
    void operator()(const logic::no_effect& n) {
      ++self.result_.done;
      self.store({}, {{t.twin.id, in.id, n.lost}}, {});
    }
    void operator()(const logic::look_again&) {
      ++self.result_.waiting;
      self.batch_done();
    }
  } act{*this, t, in};
  std::visit(act, answer);
}

} // namespace exsyncd
