// Selection for any machine, on any machine: a pure function of problem and instruction sets.
#include <gtest/gtest.h>

#include <string>

#include "engine/kernels/variants.h"

namespace octet::kernels {
namespace {

std::string GemmFor(IsaSet allowed, bool has_minus_128 = false) {
  return SelectGemmS8({64, 64, has_minus_128}, allowed).name;
}
std::string DepthwiseFor(IsaSet allowed, bool has_minus_128 = false) {
  return SelectDepthwiseS8({64, 9, has_minus_128}, allowed).name;
}

// The variant of an instruction set where it is built, else the scalar one.
std::string IfBuilt(Isa isa, const char* name, const char* otherwise) {
  return BuiltIsas().Has(isa) ? name : otherwise;
}

constexpr const char* kScalarGemm = "gemm_s8s8s32_2x8x1_scalar";
constexpr const char* kScalarDepthwise = "depthwise_s8s8s32_8x1_scalar";

TEST(SelectTest, ScalarServesABareMachine) {
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(IsaSet(), has_minus_128), kScalarGemm);
    EXPECT_EQ(DepthwiseFor(IsaSet(), has_minus_128), kScalarDepthwise);
  }
}

TEST(SelectTest, Avx2ServesX86WithIt) {
  const std::string gemm = IfBuilt(Isa::kAvx2, "gemm_s8s8s32_4x16x2_avx2", kScalarGemm);
  const std::string depthwise =
      IfBuilt(Isa::kAvx2, "depthwise_s8s8s32_16x2_avx2", kScalarDepthwise);
  const IsaSet avx2 = IsaSet().With(Isa::kAvx2);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(avx2, has_minus_128), gemm);
    EXPECT_EQ(DepthwiseFor(avx2, has_minus_128), depthwise);
  }
}

TEST(SelectTest, AvxVnniServesX86WithIt) {
  const std::string gemm = IfBuilt(Isa::kAvxVnni, "gemm_s8s8s32_6x16x4_avxvnni", kScalarGemm);
  const std::string depthwise =
      IfBuilt(Isa::kAvxVnni, "depthwise_s8s8s32_32x4_avxvnni", kScalarDepthwise);
  const IsaSet client = IsaSet().With(Isa::kAvx2).With(Isa::kAvxVnni);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(client, has_minus_128), gemm);
    EXPECT_EQ(DepthwiseFor(client, has_minus_128), depthwise);
  }
}

TEST(SelectTest, Avx512VnniServesServersWithIt) {
  const std::string gemm = IfBuilt(Isa::kAvx512Vnni, "gemm_s8s8s32_6x16x4_avx512vnni", kScalarGemm);
  const std::string depthwise =
      IfBuilt(Isa::kAvx512Vnni, "depthwise_s8s8s32_64x4_avx512vnni", kScalarDepthwise);
  const IsaSet server = IsaSet().With(Isa::kAvx2).With(Isa::kAvxVnni).With(Isa::kAvx512Vnni);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(server, has_minus_128), gemm);
    EXPECT_EQ(DepthwiseFor(server, has_minus_128), depthwise);
  }
}

TEST(SelectTest, AmxMultipliesMatricesAndLeavesDepthwiseToAvx512) {
  const IsaSet all =
      IsaSet().With(Isa::kAvx2).With(Isa::kAvxVnni).With(Isa::kAvx512Vnni).With(Isa::kAmx);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(all, has_minus_128),
              IfBuilt(Isa::kAmx, "gemm_s8s8s32_32x16x4_amx", kScalarGemm));
    EXPECT_EQ(DepthwiseFor(all, has_minus_128),
              IfBuilt(Isa::kAvx512Vnni, "depthwise_s8s8s32_64x4_avx512vnni", kScalarDepthwise));
  }
}

TEST(SelectTest, NeonServesArmAndMakesUseOfWeightsWithoutMinus128) {
  const IsaSet neon = IsaSet().With(Isa::kNeon);
  EXPECT_EQ(GemmFor(neon), IfBuilt(Isa::kNeon, "gemm_s8s8s32_4x4x16_neon", kScalarGemm));
  EXPECT_EQ(GemmFor(neon, true), IfBuilt(Isa::kNeon, "gemm_s8s8s32_4x4x8_neon", kScalarGemm));
  EXPECT_EQ(DepthwiseFor(neon),
            IfBuilt(Isa::kNeon, "depthwise_s8s8s32_16x1_in_twos_neon", kScalarDepthwise));
  EXPECT_EQ(DepthwiseFor(neon, true),
            IfBuilt(Isa::kNeon, "depthwise_s8s8s32_16x1_neon", kScalarDepthwise));
}

TEST(SelectTest, DotProductServesArmWithIt) {
  const IsaSet dot = IsaSet().With(Isa::kNeon).With(Isa::kNeonDot);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(dot, has_minus_128),
              IfBuilt(Isa::kNeonDot, "gemm_s8s8s32_8x8x4_neondot", kScalarGemm));
    EXPECT_EQ(DepthwiseFor(dot, has_minus_128),
              IfBuilt(Isa::kNeonDot, "depthwise_s8s8s32_16x4_neondot", kScalarDepthwise));
  }
}

TEST(SelectTest, MatrixMultiplyServesArmWithItAndLeavesDepthwiseToTheDotProduct) {
  const IsaSet all = IsaSet().With(Isa::kNeon).With(Isa::kNeonDot).With(Isa::kNeonI8mm);
  for (bool has_minus_128 : {false, true}) {
    EXPECT_EQ(GemmFor(all, has_minus_128),
              IfBuilt(Isa::kNeonI8mm, "gemm_s8s8s32_8x8x8_neoni8mm", kScalarGemm));
    EXPECT_EQ(DepthwiseFor(all, has_minus_128),
              IfBuilt(Isa::kNeonDot, "depthwise_s8s8s32_16x4_neondot", kScalarDepthwise));
  }
}

TEST(SelectTest, NeverLeavesTheAllowedSetsNorTheWeightsRange) {
  for (uint32_t mask = 0; mask < (1u << kIsaCount); ++mask) {
    IsaSet allowed;
    for (int i = 0; i < kIsaCount; ++i) {
      if ((mask >> i) & 1) allowed = allowed.With(static_cast<Isa>(i));
    }
    for (bool has_minus_128 : {false, true}) {
      for (int64_t size : {0, 1, 7, 1000}) {
        const GemmS8Variant& gemm = SelectGemmS8({size, size, has_minus_128}, allowed);
        EXPECT_TRUE(allowed.Has(gemm.isa)) << gemm.name;
        EXPECT_TRUE(gemm.accepts_minus_128 || !has_minus_128) << gemm.name;
        const DepthwiseS8Variant& depthwise =
            SelectDepthwiseS8({size, size, has_minus_128}, allowed);
        EXPECT_TRUE(allowed.Has(depthwise.isa)) << depthwise.name;
        EXPECT_TRUE(depthwise.accepts_minus_128 || !has_minus_128) << depthwise.name;
      }
    }
  }
}

}  // namespace
}  // namespace octet::kernels
