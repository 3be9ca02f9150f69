// The life of one version of a model.
#ifndef OCTET_SERVER_MODELS_MODEL_STATE_H_
#define OCTET_SERVER_MODELS_MODEL_STATE_H_

#include <optional>

#include "absl/strings/string_view.h"

namespace octet::server {

enum class ModelState {
  kUnavailable,  // known, not loaded
  kLoading,      // being read and compiled; nothing to serve yet
  kReady,        // serves; a newer load of the same version may be under way
  kDraining,     // takes no new requests, finishes those it has
  kFailed,       // could not be loaded
};

enum class ModelEvent { kLoadStarted, kLoadSucceeded, kLoadFailed, kUnloadStarted, kDrained };

// "unavailable", "loading", "ready", "draining", "failed".
absl::string_view ModelStateName(ModelState state);

// The state after `event`, or nothing where it cannot happen. A version that serves goes on serving
// while it is loaded again, and when that fails.
std::optional<ModelState> NextState(ModelState state, ModelEvent event);

}  // namespace octet::server

#endif  // OCTET_SERVER_MODELS_MODEL_STATE_H_
