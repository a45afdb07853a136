// Policies: the rows of `advance`'s chain. Each looks at the turn, and either leaves it alone
// (false) or moves it and ends the chain (true).
#pragma once

#include "core/rollout/turn_internal.h"

namespace kaizen::core {

// birth.cc: objects that are new, leave, or lost their status
bool leave(Turn& turn);             // deletion
bool keep_undecodable(Turn& turn);  // RT-35
bool first_sight(Turn& turn);       // new, or status lost (AD-1)
bool initialize(Turn& turn);        // RO-54, AD-10
bool start(Turn& turn);             // Idle: RO-5, RO-40, MD section 4

// requests.cc
bool abort_requested(Turn& turn);    // RO-1, RO-2, RO-3
bool carry_out_request(Turn& turn);  // R3-8, R3-9

// dangers.cc: what ends or bends a rollout
bool abort_on_harm(Turn& turn);         // RO-26
bool abort_on_pod_failure(Turn& turn);  // RO-35
bool judge_bake(Turn& turn);            // R2-9, R3-15
bool drop_unusable(Turn& turn);         // R2-3
bool supersede(Turn& turn);             // RO-16, RO-17, R2-27, R2-28
bool follow_endpoints(Turn& turn);      // RO-15
bool abort_on_deadline(Turn& turn);     // RO-33
bool abort_on_no_data(Turn& turn);      // noData.action
bool time_out(Turn& turn);              // analysis.maxDuration

// orders.cc: the orders of section 5 that are under way
bool go_on_aborting(Turn& turn);
bool go_on_rolling_back(Turn& turn);
bool go_on_promoting(Turn& turn);
bool go_on_baking(Turn& turn);

// forward.cc: a rollout that is well
bool pause(Turn& turn);
bool hold(Turn& turn);
bool settle_approval(Turn& turn);
bool raise_weight(Turn& turn);
bool take_next_step(Turn& turn);
bool take_first_step(Turn& turn);

// observe.cc: what every turn writes down before the chain runs
void observe(Turn& turn);

// Why the rollout may not go on by itself; nullopt: it may.
std::optional<Problem> cause_to_hold(const Turn& turn);

// Ready pods the candidate needs for what the phase wants next.
int32_t wanted_size(const Turn& turn);

}  // namespace kaizen::core
