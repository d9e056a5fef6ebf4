#include "actors/folder_pair.hpp"

#include "actors/carrying.hpp"
#include "actors/pulling.hpp"

namespace exsyncd {

folder_pair_actor::behavior_type folder_pair(folder_pair_actor::stateful_pointer<folder_pair_state> self,
                                             folder_pair_options options) {
  self->state.options = std::move(options);
  return {
      [self](const pull& what) -> caf::result<pulled> {
        self->state.halted = false; // what was halted is not asked for any more until it may go on
        auto promise = self->make_response_promise<pulled>();
        start_pulling(self, what, [promise](pulled result) mutable { promise.deliver(std::move(result)); });
        return promise;
      },
      [self](carry_out& what) -> caf::result<carried> {
        auto promise = self->make_response_promise<carried>();
        start_carrying(self, std::move(what), [promise](carried result) mutable { promise.deliver(result); });
        return promise;
      },
      [self](const halt_work&) { self->state.halted = true; },
  };
}

} // namespace exsyncd
