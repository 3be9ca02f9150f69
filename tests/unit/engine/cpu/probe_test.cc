#include "engine/cpu/probe.h"

#include <gtest/gtest.h>

namespace octet {
namespace {

// A server processor with everything, under an operating system that saves everything.
X86Features Complete() {
  X86Features f;
  f.leaf1_ecx = 1u << 12 | 1u << 27 | 1u << 28;                       // FMA, OSXSAVE, AVX
  f.leaf7_ebx = 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // AVX2, AVX-512 F DQ BW VL
  f.leaf7_ecx = 1u << 1 | 1u << 11;                                   // AVX512_VBMI and VNNI
  f.leaf7_edx = 1u << 24 | 1u << 25;                                  // AMX-TILE, AMX-INT8
  f.leaf7_1_eax = 1u << 4;                                            // AVX-VNNI
  f.xcr0 = 0x602e7;
  f.amx_permitted = true;
  return f;
}

TEST(ProbeTest, ABaselineProcessorIsScalar) { EXPECT_EQ(ComputeX86Isas({}), IsaSet()); }

TEST(ProbeTest, ACompleteProcessorHasTheWholeFamily) {
  EXPECT_EQ(ComputeX86Isas(Complete()).ToString(), "scalar,avx2,avxvnni,avx512vnni,amx");
}

TEST(ProbeTest, Avx2NeedsFma) {
  X86Features f = Complete();
  f.leaf1_ecx &= ~(1u << 12);
  EXPECT_EQ(ComputeX86Isas(f), IsaSet());
}

TEST(ProbeTest, AvxWithoutAvx2IsScalar) {
  X86Features f = Complete();
  f.leaf7_ebx = 0;
  EXPECT_EQ(ComputeX86Isas(f), IsaSet());
}

TEST(ProbeTest, RegistersThatTheSystemDoesNotSaveAreNotUsed) {
  X86Features f = Complete();
  f.xcr0 = 0;
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar");
  f.xcr0 = 0x3;  // SSE alone
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar");
  f.xcr0 = 0x7;
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni");
  f.xcr0 = 0x67;  // ZMM16 to ZMM31 missing
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni");
  f.xcr0 = 0xe7;
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni,avx512vnni");
  f.xcr0 = 0x200e7;  // tile configuration without tile data
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni,avx512vnni");
}

TEST(ProbeTest, AmxNeedsPermission) {
  X86Features f = Complete();
  f.amx_permitted = false;
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni,avx512vnni");
}

TEST(ProbeTest, AmxNeedsAvx512Vnni) {
  X86Features f = Complete();
  f.leaf7_ecx = 0;
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni");
}

TEST(ProbeTest, AmxNeedsAvx512Vbmi) {
  X86Features f = Complete();
  f.leaf7_ecx &= ~(1u << 1);
  EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni,avx512vnni");
}

TEST(ProbeTest, Avx512NeedsEveryPart) {
  for (int bit : {16, 17, 30, 31}) {
    X86Features f = Complete();
    f.leaf7_ebx &= ~(1u << bit);
    EXPECT_EQ(ComputeX86Isas(f).ToString(), "scalar,avx2,avxvnni") << bit;
  }
}

TEST(ProbeTest, ArmFeaturesAreIndependent) {
  EXPECT_EQ(ComputeArm64Isas({}), IsaSet());
  EXPECT_EQ(ComputeArm64Isas({1u << 1, 0}).ToString(), "scalar,neon");
  EXPECT_EQ(ComputeArm64Isas({1u << 1 | 1u << 20, 0}).ToString(), "scalar,neon,neondot");
  EXPECT_EQ(ComputeArm64Isas({1u << 1 | 1u << 20, 1u << 13}).ToString(),
            "scalar,neon,neondot,neoni8mm");
  EXPECT_EQ(ComputeArm64Isas({1u << 20, 1u << 13}), IsaSet());
}

TEST(ProbeTest, TheSameAnswerEveryTime) { EXPECT_EQ(FoundIsas(), FoundIsas()); }

TEST(ProbeTest, OnlyTheTargetsOwnFamilyIsFound) {
#if defined(__aarch64__)
  EXPECT_TRUE(FoundIsas().Has(Isa::kNeon));
  EXPECT_FALSE(FoundIsas().Has(Isa::kAvx2));
#else
  EXPECT_FALSE(FoundIsas().Has(Isa::kNeon));
#endif
}

}  // namespace
}  // namespace octet
