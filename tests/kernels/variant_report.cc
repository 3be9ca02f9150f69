// Says which instruction sets a run of the kernel tests covered, and which it did not.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "engine/cpu/isa.h"

namespace octet::kernels {
namespace {

class VariantReport : public ::testing::Environment {
 public:
  void SetUp() override {
    const IsaSet runnable = BuiltIsas() & FoundIsas();
    std::printf("kernel variants run: %s\n", runnable.ToString().c_str());
    for (int i = 0; i < kIsaCount; ++i) {
      const Isa isa = static_cast<Isa>(i);
      if (runnable.Has(isa)) continue;
      std::printf("kernel variants NOT run: %s (%s)\n", std::string(IsaName(isa)).c_str(),
                  BuiltIsas().Has(isa) ? "this machine lacks it" : "not built");
    }
  }
};

[[maybe_unused]] ::testing::Environment* const report =
    ::testing::AddGlobalTestEnvironment(new VariantReport);

}  // namespace
}  // namespace octet::kernels
