// Data and epilogues for the kernel tests.
#ifndef OCTET_TESTS_KERNELS_KERNEL_CASES_H_
#define OCTET_TESTS_KERNELS_KERNEL_CASES_H_

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/cpu/isa.h"
#include "engine/kernels/requantize.h"
#include "engine/kernels/variants.h"
#include "tests/kernels/guarded_buffer.h"

namespace octet::kernels {

using Random = std::mt19937;

// Codes of a matrix.
enum class Codes {
  kRandom,       // the whole range
  kMinimum,      // -128 throughout
  kMaximum,      // 127 throughout
  kAlternating,  // -128, 127, -128, ...
  kExtremes,     // -128 or 127 at random
};
inline constexpr Codes kAllCodes[] = {Codes::kRandom, Codes::kMinimum, Codes::kMaximum,
                                      Codes::kAlternating, Codes::kExtremes};
std::vector<int8_t> MakeCodes(Codes kind, int64_t count, Random& random);

// Parameters of all epilogues, for accumulators of about `magnitude`.
enum class Scales {
  kUseful,    // answers spread over the codes
  kTies,      // powers of two: many answers lie half way
  kExtremes,  // zero, tiny and huge multipliers; products far beyond 32 bits
};
inline constexpr Scales kAllScales[] = {Scales::kUseful, Scales::kTies, Scales::kExtremes};
inline constexpr EpilogueKind kAllEpilogues[] = {kEpilogueInt32, kEpilogueFixedPoint,
                                                 kEpilogueFloat32, kEpilogueFloat64};

// Owns the arrays, padded to `tile` columns and not a byte longer.
class EpilogueCase {
 public:
  EpilogueCase(EpilogueKind kind, Scales scales, double magnitude, int64_t columns, int32_t tile,
               Random& random);
  const EpilogueArgs& args() const { return args_; }

 private:
  GuardedBuffer multiplier_;
  GuardedBuffer exponent_;
  GuardedBuffer scale_;
  GuardedBuffer scale64_;
  EpilogueArgs args_;
};

// Bytes of one output element.
int64_t OutputBytes(EpilogueKind kind);

// False, and a skipped test that says so, where this machine lacks the instruction set.
bool MachineRuns(Isa isa);

// Parameterized tests are named by the variant.
struct VariantName {
  template <typename ParamInfo>
  std::string operator()(const ParamInfo& info) const {
    return info.param->name;
  }
};
std::vector<const GemmS8Variant*> AllGemmS8();
std::vector<const DepthwiseS8Variant*> AllDepthwiseS8();

}  // namespace octet::kernels

#endif  // OCTET_TESTS_KERNELS_KERNEL_CASES_H_
