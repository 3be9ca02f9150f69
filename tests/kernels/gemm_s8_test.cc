// Every int8 matrix product against the oracle, byte for byte, with guard pages right behind what a
// kernel may read and write.
#include "engine/kernels/gemm_s8.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/kernels/packing.h"
#include "engine/kernels/reference/reference.h"
#include "tests/kernels/guarded_buffer.h"
#include "tests/kernels/kernel_cases.h"

namespace octet::kernels {
namespace {

struct Shape {
  int32_t m;
  int32_t n;
  int32_t segments;
  int32_t segment_length;
  // Distances of rows and of segments, beyond (or, overlapping, below) their own length.
  int32_t segment_gap = 0;
  int32_t row_gap = 0;
  int32_t out_gap = 0;
};

std::ostream& operator<<(std::ostream& os, const Shape& s) {
  return os << "m " << s.m << " n " << s.n << " segments " << s.segments << " x "
            << s.segment_length << " gaps " << s.segment_gap << "," << s.row_gap << ","
            << s.out_gap;
}

struct Data {
  Codes a;
  Codes weights;
  int32_t zero_point;
};

class GemmS8Test : public ::testing::TestWithParam<const GemmS8Variant*> {
 protected:
  void SetUp() override {
    if (!MachineRuns(GetParam()->isa)) {
      GTEST_SKIP() << GetParam()->name << " was not run: this machine lacks "
                   << std::string(IsaName(GetParam()->isa));
    }
  }

  // Columns from `n_begin` on; the oracle gets their weights.
  void Check(const Shape& s, const Data& data, EpilogueKind kind, Scales scales,
             int32_t n_begin = 0) {
    const GemmS8Variant& variant = *GetParam();
    SCOPED_TRACE(::testing::Message()
                 << s << " epilogue " << kind << " scales " << static_cast<int>(scales) << " codes "
                 << static_cast<int>(data.a) << "," << static_cast<int>(data.weights));
    const int64_t k = int64_t{s.segments} * s.segment_length;
    const int64_t segment_stride = s.segment_length + s.segment_gap;
    const int64_t row_stride = std::max<int64_t>(s.segments * segment_stride + s.row_gap, 0);
    const int64_t a_bytes = std::max(s.m - 1, 0) * row_stride +
                            std::max(s.segments - 1, 0) * segment_stride + s.segment_length;
    std::vector<int8_t> weights = MakeCodes(data.weights, s.n * k, random_);
    if (!variant.accepts_minus_128) {
      std::replace(weights.begin(), weights.end(), int8_t{-128}, int8_t{-127});
    }
    std::vector<int32_t> bias(s.n);
    for (int32_t& b : bias) b = std::uniform_int_distribution<int32_t>(-9999, 9999)(random_);
    const auto packed =
        PackGemmS8(variant, s.n, s.segments, s.segment_length, weights, bias, data.zero_point);
    ASSERT_TRUE(packed.ok()) << packed.status();

    const GuardedBuffer a = Guard(MakeCodes(data.a, a_bytes + kGemmOverReadBytes, random_));
    const GuardedBuffer panels = Guard(std::vector<int8_t>(
        packed->panels.as<int8_t>(), packed->panels.as<int8_t>() + packed->panels.size()));
    const GuardedBuffer folded = Guard(packed->bias);
    const EpilogueCase epilogue(kind, scales, 80.0 * 80.0 * std::sqrt(k + 1.0), s.n,
                                variant.layout.n_tile, random_);
    const int32_t n = s.n - n_begin;
    const int64_t out_stride = n + s.out_gap;
    const size_t out_bytes =
        s.m == 0 || n == 0 ? 0 : ((s.m - 1) * out_stride + n) * OutputBytes(kind);
    const GuardedBuffer out(out_bytes, 0x5a), expected(out_bytes, 0x5a);

    GemmS8Args args = MakeGemmS8Args(*packed, epilogue.args(), n_begin, s.n);
    args.b = panels.as<int8_t>() + (args.b - packed->panels.as<int8_t>());
    args.bias = folded.as<int32_t>() + n_begin;
    args.a = a.as<int8_t>();
    args.a_row_stride = row_stride;
    args.a_segment_stride = segment_stride;
    args.m = s.m;
    args.out = out.as<void>();
    args.out_row_stride = out_stride;
    variant.run(&args);

    reference::GemmS8({a.as<int8_t>(), row_stride, segment_stride, s.segments, s.segment_length,
                       s.m, n, weights.data() + n_begin * k, bias.data() + n_begin, data.zero_point,
                       args.epilogue, expected.as<void>(), out_stride});
    for (size_t i = 0; i < out_bytes; ++i) {
      ASSERT_EQ(out.as<uint8_t>()[i], expected.as<uint8_t>()[i]) << "at byte " << i;
    }
  }

  Random random_{20240613};
};

TEST_P(GemmS8Test, EqualsReferenceOnShapesThatTestTails) {
  const Shape shapes[] = {
      {1, 1, 1, 1},
      {1, 1, 1, 63},
      {1, 16, 1, 64},
      {1, 17, 1, 65},
      {2, 3, 1, 5},
      {3, 33, 1, 31},
      {4, 16, 1, 32},
      {5, 40, 1, 7},
      {6, 48, 1, 100},
      {7, 15, 1, 129},
      {13, 31, 1, 17},
      {19, 64, 1, 16},
      {1, 300, 1, 1100},
      {2, 70, 3, 333, 7},
      {2, 130, 1, 640},
      {8, 271, 1, 3},
      {7, 5, 1, 2049},
      {23, 19, 1, 27},
      {5, 9, 3, 9},
      {6, 17, 3, 21, 12},
      {9, 8, 5, 7, 100, 4},
      {4, 20, 3, 513, 3, 0, 2},
      {12, 16, 1, 48, 0, 8},
      {5, 7, 1, 30, 0, 1, 3},
      {3, 4, 40, 13, 1, 2, 1},
      {9, 33, 7, 1, 3},
      {33, 17, 1, 70},
      {49, 48, 1, 200, 0, 0, 1},
      {64, 70, 3, 66, 5, 3},
      {97, 33, 2, 300},
      {129, 65, 1, 64},
  };
  for (const Shape& shape : shapes) {
    for (EpilogueKind kind : kAllEpilogues) {
      for (Scales scales : kAllScales) {
        Check(shape, {Codes::kRandom, Codes::kRandom, -3}, kind, scales);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(GemmS8Test, RowsAndSegmentsMayOverlap) {
  // A convolution's windows: the next row starts a few codes further on.
  Check({9, 10, 3, 12, 50, -3 * 62 + 4}, {Codes::kRandom, Codes::kRandom, 5}, kEpilogueInt32,
        Scales::kUseful);
  Check({6, 10, 1, 21, 0, -21}, {Codes::kRandom, Codes::kRandom, 5}, kEpilogueInt32,
        Scales::kUseful);
  Check({7, 10, 4, 10, -7, -12}, {Codes::kRandom, Codes::kRandom, 5}, kEpilogueInt32,
        Scales::kUseful);
}

// Kernels take groups of rows that stay in a cache: of few steps and of many, overlapping ones, and
// with weights that do not stay there themselves.
TEST_P(GemmS8Test, MoreRowsThanAGroup) {
  const Shape shapes[] = {{201, 190, 1, 192},
                          {530, 530, 1, 64},
                          {90, 20, 3, 300, 2800, -3 * 3100 + 256},
                          {35, 97, 1, 16384}};
  for (const Shape& shape : shapes) {
    Check(shape, {Codes::kRandom, Codes::kRandom, -3}, kEpilogueFloat32, Scales::kUseful);
    if (HasFatalFailure()) return;
  }
}

TEST_P(GemmS8Test, EmptyProblemsWriteNothingOrTheBias) {
  for (EpilogueKind kind : kAllEpilogues) {
    Check({0, 5, 1, 9}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kUseful);
    Check({5, 0, 1, 9}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kUseful);
    Check({3, 5, 1, 0}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kTies);
    Check({3, 5, 0, 4}, {Codes::kRandom, Codes::kRandom, 0}, kind, Scales::kTies);
  }
}

TEST_P(GemmS8Test, NeverSaturatesOnExtremeCodes) {
  const Shape shapes[] = {{1, 1, 1, 63}, {7, 17, 1, 64}, {6, 16, 3, 37, 2}, {2, 33, 1, 1031}};
  for (const Shape& shape : shapes) {
    for (Codes a : kAllCodes) {
      for (Codes weights : kAllCodes) {
        for (int32_t zero_point : {-128, 0, 127}) {
          for (EpilogueKind kind : kAllEpilogues) {
            Check(shape, {a, weights, zero_point}, kind, Scales::kUseful);
            if (HasFatalFailure()) return;
          }
        }
      }
    }
  }
}

TEST_P(GemmS8Test, ColumnsMayStartAtAnyPanel) {
  const int32_t tile = GetParam()->layout.n_tile;
  for (EpilogueKind kind : kAllEpilogues) {
    Check({4, 3 * tile + 1, 1, 19}, {Codes::kRandom, Codes::kRandom, -3}, kind, Scales::kUseful,
          2 * tile);
  }
}

TEST_P(GemmS8Test, EqualsReferenceOnRandomProblems) {
  const auto up_to = [&](int limit) {
    return std::uniform_int_distribution<int>(0, limit)(random_);
  };
  for (int i = 0; i < 400; ++i) {
    const Shape shape = {up_to(50), up_to(70), 1 + up_to(3), up_to(90),
                         up_to(9),  up_to(9),  up_to(5)};
    const Data data = {kAllCodes[up_to(4)], kAllCodes[up_to(4)], up_to(255) - 128};
    Check(shape, data, kAllEpilogues[up_to(3)], kAllScales[up_to(2)]);
    if (HasFatalFailure()) return;
  }
}

// A sum of 64 products near the largest, where pairs that saturate at 16 bits go badly wrong.
TEST_P(GemmS8Test, PairsOfLargeProductsKeepTheirSum) {
  for (const bool minus_128 : {false, true}) {
    if (minus_128 && !GetParam()->accepts_minus_128) continue;
    const int32_t zero_point = minus_128 ? 0 : -128;
    const double sum_of_64 = minus_128 ? 64.0 * 128 * 128 : 64.0 * 255 * 127;
    const std::vector<int8_t> weights(64, minus_128 ? -128 : 127);
    const auto packed = PackGemmS8(*GetParam(), 1, 1, 64, weights, {}, zero_point);
    ASSERT_TRUE(packed.ok()) << packed.status();
    const std::vector<int8_t> a(64 * 7 + kGemmOverReadBytes, minus_128 ? -128 : 127);
    const double scale = 100 / sum_of_64;
    const std::vector<double> scale64 = PadColumns<double>({scale}, GetParam()->layout.n_tile);
    for (int32_t m : {1, 7}) {
      std::vector<int8_t> out(m);
      GemmS8Args args = MakeGemmS8Args(
          *packed, {kEpilogueFloat64, nullptr, nullptr, nullptr, scale64.data(), 0, -128, 127}, 0,
          1);
      args.a = a.data();
      args.a_row_stride = 64;
      args.m = m;
      args.out = out.data();
      args.out_row_stride = 1;
      GetParam()->run(&args);
      EXPECT_EQ(out, std::vector<int8_t>(m, 100));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, GemmS8Test, ::testing::ValuesIn(AllGemmS8()), VariantName());

}  // namespace
}  // namespace octet::kernels
