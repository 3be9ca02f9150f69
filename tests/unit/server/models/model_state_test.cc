#include "server/models/model_state.h"

#include <set>

#include "gtest/gtest.h"

namespace octet::server {
namespace {

constexpr ModelState kStates[] = {ModelState::kUnavailable, ModelState::kLoading,
                                  ModelState::kReady, ModelState::kDraining, ModelState::kFailed};

TEST(ModelState, ALifeFromLoadToUnload) {
  ModelState state = ModelState::kUnavailable;
  for (const auto& [event, after] : {std::pair(ModelEvent::kLoadStarted, ModelState::kLoading),
                                     std::pair(ModelEvent::kLoadSucceeded, ModelState::kReady),
                                     std::pair(ModelEvent::kUnloadStarted, ModelState::kDraining),
                                     std::pair(ModelEvent::kDrained, ModelState::kUnavailable)}) {
    ASSERT_TRUE(NextState(state, event).has_value());
    state = *NextState(state, event);
    EXPECT_EQ(state, after);
  }
}

TEST(ModelState, AReloadLeavesAReadyModelReadyWhateverComesOfIt) {
  for (const ModelEvent event :
       {ModelEvent::kLoadStarted, ModelEvent::kLoadSucceeded, ModelEvent::kLoadFailed}) {
    EXPECT_EQ(NextState(ModelState::kReady, event), ModelState::kReady);
  }
}

TEST(ModelState, AnyStateButLoadingCanBeLoaded) {
  for (const ModelState state : kStates) {
    EXPECT_EQ(NextState(state, ModelEvent::kLoadStarted).has_value(),
              state != ModelState::kLoading);
  }
}

TEST(ModelState, WhatIsNotLoadedCannotBeUnloaded) {
  EXPECT_FALSE(NextState(ModelState::kUnavailable, ModelEvent::kUnloadStarted).has_value());
  EXPECT_FALSE(NextState(ModelState::kDraining, ModelEvent::kUnloadStarted).has_value());
  EXPECT_EQ(NextState(ModelState::kFailed, ModelEvent::kUnloadStarted), ModelState::kUnavailable);
}

TEST(ModelState, NamesDiffer) {
  std::set<std::string> names;
  for (const ModelState state : kStates) names.insert(std::string(ModelStateName(state)));
  EXPECT_EQ(names.size(), std::size(kStates));
}

}  // namespace
}  // namespace octet::server
