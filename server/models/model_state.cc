#include "server/models/model_state.h"

namespace octet::server {
namespace {

struct Transition {
  ModelState from;
  ModelEvent event;
  ModelState to;
};

constexpr Transition kTransitions[] = {
    {ModelState::kUnavailable, ModelEvent::kLoadStarted, ModelState::kLoading},
    {ModelState::kFailed, ModelEvent::kLoadStarted, ModelState::kLoading},
    {ModelState::kDraining, ModelEvent::kLoadStarted, ModelState::kLoading},
    {ModelState::kReady, ModelEvent::kLoadStarted, ModelState::kReady},
    {ModelState::kLoading, ModelEvent::kLoadSucceeded, ModelState::kReady},
    {ModelState::kReady, ModelEvent::kLoadSucceeded, ModelState::kReady},
    {ModelState::kLoading, ModelEvent::kLoadFailed, ModelState::kFailed},
    {ModelState::kReady, ModelEvent::kLoadFailed, ModelState::kReady},
    {ModelState::kReady, ModelEvent::kUnloadStarted, ModelState::kDraining},
    {ModelState::kFailed, ModelEvent::kUnloadStarted, ModelState::kUnavailable},
    {ModelState::kDraining, ModelEvent::kDrained, ModelState::kUnavailable},
};

}  // namespace

absl::string_view ModelStateName(ModelState state) {
  switch (state) {
    case ModelState::kUnavailable:
      return "unavailable";
    case ModelState::kLoading:
      return "loading";
    case ModelState::kReady:
      return "ready";
    case ModelState::kDraining:
      return "draining";
    case ModelState::kFailed:
      return "failed";
  }
  return "";
}

std::optional<ModelState> NextState(ModelState state, ModelEvent event) {
  for (const Transition& transition : kTransitions) {
    if (transition.from == state && transition.event == event) return transition.to;
  }
  return std::nullopt;
}

}  // namespace octet::server
