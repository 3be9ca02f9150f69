// Every float matrix product against its definition, bit for bit, with guard pages right behind
// what it may read and write.
#include "engine/kernels/gemm_f32.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "engine/kernels/packing_f32.h"
#include "engine/kernels/variants.h"
#include "tests/kernels/guarded_buffer.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kUntouched = 12345.0f;

struct Problem {
  int32_t m, n, segments, segment_length;
  float lo = -kInf;
  float hi = kInf;
};

class GemmF32Test : public ::testing::TestWithParam<const GemmF32Variant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << kernel().name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  const GemmF32& kernel() const { return *GetParam()->kernels; }

  std::vector<float> Reals(int64_t count) {
    std::uniform_real_distribution<float> reals(-1.0f, 1.0f);
    std::vector<float> values(count);
    for (float& v : values) v = reals(random_);
    return values;
  }

  // Rows are a gap further apart than they are long, and so are segments and rows of the result.
  void Check(const Problem& p) {
    constexpr int64_t kGap = 3;
    const int64_t k = int64_t{p.segments} * p.segment_length;
    const int64_t segment_stride = p.segment_length + kGap;
    const int64_t row_stride = p.segments * segment_stride;
    const int64_t out_stride = p.n + kGap;
    const std::vector<float> weights = Reals(k * p.n);
    const std::vector<float> bias = Reals(p.n);
    const std::vector<float> a = Reals(std::max<int64_t>(p.m * row_stride - kGap, 0));
    const auto packed = PackGemmF32(kernel(), p.n, p.segments, p.segment_length, weights, bias);
    ASSERT_TRUE(packed.ok()) << packed.status();
    const std::vector<float> before(std::max<int64_t>(p.m * out_stride - kGap, 0), kUntouched);
    const GuardedBuffer left = Guard(a), out = Guard(before);
    GemmF32Args args = MakeGemmF32Args(*packed, 0, p.n);
    args.a = left.as<float>();
    args.a_row_stride = row_stride;
    args.a_segment_stride = segment_stride;
    args.m = p.m;
    args.lo = p.lo;
    args.hi = p.hi;
    args.out = out.as<float>();
    args.out_row_stride = out_stride;
    kernel().run(&args);
    for (size_t i = 0; i < before.size(); ++i) {
      const auto row = static_cast<int64_t>(i) / out_stride;
      const auto column = static_cast<int64_t>(i) % out_stride;
      float want = kUntouched;
      if (column < p.n) {
        want = bias[column];
        for (int64_t j = 0; j < k; ++j) {
          const float x =
              a[row * row_stride + j / p.segment_length * segment_stride + j % p.segment_length];
          const float w = weights[column * k + j];
          want = std::fma(x, w, want);
        }
        want = std::min(std::max(want, p.lo), p.hi);
      }
      ASSERT_EQ(std::bit_cast<uint32_t>(args.out[i]), std::bit_cast<uint32_t>(want))
          << "row " << row << " column " << column << " of " << p.m << " x " << p.n << " x " << k;
    }
  }

  std::mt19937 random_{3};
};

TEST_P(GemmF32Test, AnyRowsAndColumns) {
  for (int32_t m : {0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 18, 19, 25}) {
    for (int32_t n : {0, 1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 48, 50, 64, 65, 100, 130}) {
      Check({m, n, 1, 7});
    }
  }
}

TEST_P(GemmF32Test, SegmentsAndClamps) {
  for (int32_t segments : {0, 1, 3}) {
    for (int32_t length : {1, 2, 9, 64, 301}) {
      Check({14, 35, segments, length});
      Check({5, 70, segments, length, 0.0f, kInf});
      Check({13, 20, segments, length, -0.25f, 0.5f});
    }
  }
}

// Nothing is known to be finite: NaN and infinities go through, as far as the clamp lets them.
TEST_P(GemmF32Test, NumbersThatAreNone) {
  const std::vector<float> weights(20, 1.0f);
  const auto packed = PackGemmF32(kernel(), 20, 1, 1, weights, {});
  ASSERT_TRUE(packed.ok()) << packed.status();
  const std::vector<float> a = {std::numeric_limits<float>::quiet_NaN(), kInf, -kInf};
  std::vector<float> out(3 * 20);
  GemmF32Args args = MakeGemmF32Args(*packed, 0, 20);
  args.a = a.data();
  args.a_row_stride = 1;
  args.m = 3;
  args.lo = -kInf;
  args.hi = 6.0f;
  args.out = out.data();
  args.out_row_stride = 20;
  kernel().run(&args);
  for (int c = 0; c < 20; ++c) {
    EXPECT_TRUE(std::isnan(out[c])) << c;
    EXPECT_EQ(out[20 + c], 6.0f) << c;
    EXPECT_EQ(out[40 + c], -kInf) << c;
  }
}

// Columns from a panel's boundary on are what they are in the whole product.
TEST_P(GemmF32Test, SomeColumns) {
  const int32_t n = 3 * kernel().lanes + 1;
  const std::vector<float> weights = Reals(n * 5);
  const std::vector<float> bias = Reals(n);
  const std::vector<float> a = Reals(7 * 5);
  const auto packed = PackGemmF32(kernel(), n, 1, 5, weights, bias);
  ASSERT_TRUE(packed.ok()) << packed.status();
  std::vector<float> whole(7 * n), parts(7 * n);
  const auto run = [&](int32_t begin, int32_t end, std::vector<float>& out) {
    GemmF32Args args = MakeGemmF32Args(*packed, begin, end);
    args.a = a.data();
    args.a_row_stride = 5;
    args.m = 7;
    args.lo = -kInf;
    args.hi = kInf;
    args.out = out.data() + begin;
    args.out_row_stride = n;
    kernel().run(&args);
  };
  run(0, n, whole);
  run(0, 2 * kernel().lanes, parts);
  run(2 * kernel().lanes, n, parts);
  EXPECT_EQ(whole, parts);
}

TEST_P(GemmF32Test, RefusesWeightsThatDoNotFit) {
  const std::vector<float> weights(5);
  EXPECT_EQ(PackGemmF32(kernel(), 2, 1, 3, weights, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PackGemmF32(kernel(), 1, 1, 5, weights, weights).status().code(),
            absl::StatusCode::kInvalidArgument);
}

std::vector<const GemmF32Variant*> All() {
  std::vector<const GemmF32Variant*> all;
  for (const GemmF32Variant& variant : GemmF32Variants()) all.push_back(&variant);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Variants, GemmF32Test, ::testing::ValuesIn(All()),
                         [](const auto& info) { return std::string(info.param->kernels->name); });

TEST(SelectGemmF32, TakesTheMostCapableSetThatIsAllowed) {
  EXPECT_STREQ(SelectGemmF32(IsaSet()).name, "gemm_f32_scalar");
  for (const GemmF32Variant& variant : GemmF32Variants()) {
    EXPECT_EQ(&SelectGemmF32(IsaSet().With(variant.isa)), variant.kernels);
  }
}

}  // namespace
}  // namespace octet::kernels
