#include "engine/kernels/variants.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/str_cat.h"

namespace octet::kernels {
namespace {

TEST(VariantsTest, GemmNamesSayOpTypesTileAndIsa) {
  for (const GemmS8Variant& v : GemmS8Variants()) {
    EXPECT_EQ(v.name, absl::StrCat("gemm_s8s8s32_", v.m_tile, "x", v.layout.n_tile, "x",
                                   v.layout.k_group, "_", IsaName(v.isa)));
  }
}

TEST(VariantsTest, DepthwiseNamesSayOpTypesTileAndIsa) {
  for (const DepthwiseS8Variant& v : DepthwiseS8Variants()) {
    EXPECT_EQ(v.name, absl::StrCat("depthwise_s8s8s32_", v.layout.c_tile, "x", v.layout.tap_group,
                                   "_", IsaName(v.isa)));
  }
}

TEST(VariantsTest, NamesAreUnique) {
  std::set<std::string> names;
  for (const GemmS8Variant& v : GemmS8Variants()) EXPECT_TRUE(names.insert(v.name).second);
  for (const DepthwiseS8Variant& v : DepthwiseS8Variants()) {
    EXPECT_TRUE(names.insert(v.name).second);
  }
}

TEST(VariantsTest, LayoutsAreWhatPackingExpects) {
  for (const GemmS8Variant& v : GemmS8Variants()) {
    EXPECT_GT(v.m_tile, 0) << v.name;
    EXPECT_GT(v.layout.n_tile, 0) << v.name;
    EXPECT_GT(v.layout.k_group, 0) << v.name;
    EXPECT_GT(v.layout.k_align, 0) << v.name;
    EXPECT_EQ(v.layout.k_align % v.layout.k_group, 0) << v.name;
    // What a kernel reads past a segment stays within the callers' slack.
    EXPECT_LE(v.layout.k_align, kGemmOverReadBytes) << v.name;
    EXPECT_NE(v.run, nullptr) << v.name;
  }
  for (const DepthwiseS8Variant& v : DepthwiseS8Variants()) {
    EXPECT_GT(v.layout.tap_group, 0) << v.name;
    EXPECT_GT(v.layout.c_tile, 0) << v.name;
    EXPECT_LE(v.layout.c_tile, kDepthwiseOverReadBytes) << v.name;
    EXPECT_TRUE(v.layout.lanes == 1 || v.layout.c_tile == 16 * v.layout.lanes) << v.name;
    EXPECT_NE(v.run, nullptr) << v.name;
  }
}

TEST(VariantsTest, OnlyBuiltInstructionSetsAndAllOfThem) {
  IsaSet gemm, depthwise;
  for (const GemmS8Variant& v : GemmS8Variants()) gemm = gemm.With(v.isa);
  for (const DepthwiseS8Variant& v : DepthwiseS8Variants()) depthwise = depthwise.With(v.isa);
  EXPECT_EQ(gemm, BuiltIsas());
  // Tiles multiply matrices; what AMX machines convolve depthwise with is AVX-512.
  EXPECT_EQ(depthwise, BuiltIsas().Without(Isa::kAmx));
}

TEST(VariantsTest, AScalarVariantHeadsEachListAndTakesEverything) {
  EXPECT_EQ(GemmS8Variants().front().isa, Isa::kScalar);
  EXPECT_TRUE(GemmS8Variants().front().accepts_minus_128);
  EXPECT_EQ(DepthwiseS8Variants().front().isa, Isa::kScalar);
  EXPECT_TRUE(DepthwiseS8Variants().front().accepts_minus_128);
}

}  // namespace
}  // namespace octet::kernels
