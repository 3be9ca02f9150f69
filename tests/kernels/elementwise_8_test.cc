// Every kernel for 8-bit codes against plain loops in 64 bits and double precision, with guard
// pages right behind what it may read and write.
#include "engine/kernels/elementwise_8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/kernels/fixed_point.h"
#include "engine/kernels/variants.h"
#include "tests/kernels/guarded_buffer.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

using CodeOf = std::function<int64_t(int64_t a, int64_t b)>;

FixedPointMultiplier Multiplier(Scale32 s) { return {s.multiplier, s.exponent}; }

int32_t Wrap(int64_t x) { return static_cast<int32_t>(static_cast<uint32_t>(x)); }

class Elementwise8Test : public ::testing::TestWithParam<const Elementwise8Variant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << kernels().name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  const Elementwise8& kernels() const { return *GetParam()->kernels; }

  // All pairs of codes at once, and short runs of every length with every combination of steps.
  template <typename T, typename Args>
  void CheckPairs(const Args& args, void (*kernel)(const Args*, const BinaryRun8*),
                  const CodeOf& code_of) {
    std::vector<T> a, b;
    for (int i = 0; i < 65536; ++i) {
      a.push_back(static_cast<T>(i / 256));
      b.push_back(static_cast<T>(i % 256));
    }
    Check(args, kernel, code_of, a, b, 1, 1);
    for (int64_t count = 0; count < 70; ++count) {
      std::vector<T> x(count), y(count);
      for (int64_t i = 0; i < count; ++i) {
        x[i] = static_cast<T>(i * 37 + count);
        y[i] = static_cast<T>(i * 101 - count);
      }
      const std::vector<T> one = {static_cast<T>(count * 53)};
      Check(args, kernel, code_of, x, y, 1, 1);
      Check(args, kernel, code_of, x, one, 1, 0);
      Check(args, kernel, code_of, one, y, 0, 1);
    }
    Check(args, kernel, code_of, std::vector<T>{7}, std::vector<T>{9}, 0, 0);
  }

  template <typename T, typename Args>
  void Check(const Args& args, void (*kernel)(const Args*, const BinaryRun8*),
             const CodeOf& code_of, const std::vector<T>& a, const std::vector<T>& b,
             int32_t a_step, int32_t b_step) {
    const size_t count = a_step == 0 ? b.size() : a.size();
    const GuardedBuffer x = Guard(a);
    const GuardedBuffer y = Guard(b);
    const GuardedBuffer out(count);
    const BinaryRun8 run = {x.as<T>(), y.as<T>(), out.as<T>(), static_cast<int64_t>(count),
                            a_step,    b_step};
    kernel(&args, &run);
    for (size_t i = 0; i < count; ++i) {
      const int64_t sum =
          code_of(a[i * a_step] - args.codes.zero_a, b[i * b_step] - args.codes.zero_b);
      const int64_t want =
          std::clamp<int64_t>(sum + args.codes.zero_out, args.codes.lo, args.codes.hi);
      ASSERT_EQ(out.as<T>()[i], want)
          << "of " << int{a[i * a_step]} << " and " << int{b[i * b_step]} << ", element " << i
          << " of " << count << ", steps " << a_step << " " << b_step;
    }
  }
};

constexpr BinaryCodes8 kSigned[] = {
    {0, 0, 0, -128, 127}, {-128, 127, -11, -11, 90}, {127, -128, 127, -128, 127}};
constexpr BinaryCodes8 kUnsigned[] = {
    {128, 128, 128, 0, 255}, {0, 255, 3, 3, 200}, {255, 0, 0, 0, 255}};

TEST_P(Elementwise8Test, AddOneRounding) {
  for (int c = 0; c < 3; ++c) {
    for (int32_t shift : {1, 13, 21, 30}) {
      const int32_t largest = shift == 1 ? 1 : 1 << 21;
      for (int32_t weight_b : {largest / 3 + 1, -largest}) {
        AddOneRounding8 args = {kSigned[c], largest, weight_b, shift};
        const CodeOf code_of = [&](int64_t a, int64_t b) {
          return (a * args.weight_a + b * args.weight_b + (int64_t{1} << (shift - 1))) >> shift;
        };
        CheckPairs<int8_t>(args, kernels().add_one_rounding_s8, code_of);
        args.codes = kUnsigned[c];
        CheckPairs<uint8_t>(args, kernels().add_one_rounding_u8, code_of);
      }
    }
  }
}

TEST_P(Elementwise8Test, AddFixedPoint) {
  constexpr Scale32 kHalf = {1 << 30, 0};
  constexpr Scale32 kScales[] = {kHalf,  {1518500250, -3}, {2147483647, -1}, {1073741824, -31},
                                 {0, 0}, {1100000000, -12}};
  for (int c = 0; c < 3; ++c) {
    for (Scale32 scale_b : kScales) {
      for (Scale32 scale_out : {Scale32{1610612736, -19}, Scale32{1073741824, 3}, kHalf}) {
        for (int32_t sign : {1, -1}) {
          AddFixedPoint8 args = {kSigned[c], kHalf, scale_b, scale_out, sign};
          const CodeOf code_of = [&](int64_t a, int64_t b) -> int64_t {
            const int32_t x = MultiplyByFixedPoint(Wrap(a << 20), Multiplier(args.scale_a));
            const int32_t y = MultiplyByFixedPoint(Wrap(b << 20), Multiplier(args.scale_b));
            return MultiplyByFixedPoint(Wrap(int64_t{x} + sign * int64_t{y}),
                                        Multiplier(args.scale_out));
          };
          CheckPairs<int8_t>(args, kernels().add_fixed_point_s8, code_of);
          args.codes = kUnsigned[c];
          CheckPairs<uint8_t>(args, kernels().add_fixed_point_u8, code_of);
        }
      }
    }
  }
}

TEST_P(Elementwise8Test, MulFloat) {
  for (int c = 0; c < 3; ++c) {
    // 0.5 and 1/128 make ties, which go to even.
    for (float ratio : {0.5f, 0x1p-7f, 0.015553323552f, 0x1p-16f, 255.9f}) {
      MulFloat8 args = {kSigned[c], ratio};
      const CodeOf code_of = [&](int64_t a, int64_t b) {
        return static_cast<int64_t>(std::rint(static_cast<float>(a * b) * ratio));
      };
      CheckPairs<int8_t>(args, kernels().mul_float_s8, code_of);
      args.codes = kUnsigned[c];
      CheckPairs<uint8_t>(args, kernels().mul_float_u8, code_of);
    }
  }
}

TEST_P(Elementwise8Test, MulFixedPoint) {
  for (int c = 0; c < 3; ++c) {
    for (Scale32 scale : {Scale32{2137632512, -6}, Scale32{1 << 30, 0}, Scale32{1 << 30, -31},
                          Scale32{2000000000, 15}, Scale32{0, 0}}) {
      MulFixedPoint8 args = {kSigned[c], scale};
      const CodeOf code_of = [&](int64_t a, int64_t b) -> int64_t {
        return MultiplyByFixedPoint(Wrap(a * b), Multiplier(scale));
      };
      CheckPairs<int8_t>(args, kernels().mul_fixed_point_s8, code_of);
      args.codes = kUnsigned[c];
      CheckPairs<uint8_t>(args, kernels().mul_fixed_point_u8, code_of);
    }
  }
}

TEST_P(Elementwise8Test, Table) {
  std::vector<uint8_t> table(256);
  for (int i = 0; i < 256; ++i) table[i] = static_cast<uint8_t>(i * 167 + 13);
  const GuardedBuffer guarded_table = Guard(table);
  for (int64_t count : {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 1000}) {
    std::vector<uint8_t> codes(count);
    for (int64_t i = 0; i < count; ++i) codes[i] = static_cast<uint8_t>(i * 31 + count);
    const GuardedBuffer in = Guard(codes);
    const TableRun8 run = {in.as<uint8_t>(), in.as<uint8_t>(), count, guarded_table.as<uint8_t>()};
    kernels().table(&run);
    for (int64_t i = 0; i < count; ++i) ASSERT_EQ(in.as<uint8_t>()[i], table[codes[i]]) << i;
  }
}

std::vector<const Elementwise8Variant*> All() {
  std::vector<const Elementwise8Variant*> all;
  for (const Elementwise8Variant& variant : Elementwise8Variants()) all.push_back(&variant);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Variants, Elementwise8Test, ::testing::ValuesIn(All()),
                         [](const auto& info) { return std::string(info.param->kernels->name); });

TEST(SelectElementwise8, TakesTheMostCapableSetThatIsAllowed) {
  EXPECT_STREQ(SelectElementwise8(IsaSet()).name, "elementwise_8_scalar");
  for (const Elementwise8Variant& variant : Elementwise8Variants()) {
    EXPECT_EQ(&SelectElementwise8(IsaSet().With(variant.isa)), variant.kernels);
  }
}

}  // namespace
}  // namespace octet::kernels
