#include "engine/cpu/isa.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Isa kAllIsas[] = {Isa::kScalar, Isa::kAvx2, Isa::kAvxVnni, Isa::kAvx512Vnni,
                            Isa::kAmx,    Isa::kNeon, Isa::kNeonDot, Isa::kNeonI8mm};

TEST(IsaSetTest, AlwaysHoldsScalar) {
  EXPECT_TRUE(IsaSet().Has(Isa::kScalar));
  EXPECT_TRUE(IsaSet().Without(Isa::kScalar).Has(Isa::kScalar));
  EXPECT_TRUE((IsaSet().With(Isa::kAvx2) & IsaSet().With(Isa::kNeon)).Has(Isa::kScalar));
  EXPECT_FALSE(IsaSet().Has(Isa::kAvx2));
}

TEST(IsaSetTest, AddsAndRemoves) {
  const IsaSet set = IsaSet().With(Isa::kAmx).With(Isa::kAvx2);
  EXPECT_EQ(set.ToString(), "scalar,avx2,amx");
  EXPECT_EQ(set.Without(Isa::kAmx), IsaSet().With(Isa::kAvx2));
  EXPECT_THAT(set.Descending(), ElementsAre(Isa::kAmx, Isa::kAvx2, Isa::kScalar));
}

TEST(IsaSetTest, AllNamesEveryInstructionSet) {
  EXPECT_EQ(IsaSet::All().ToString(), "scalar,avx2,avxvnni,avx512vnni,amx,neon,neondot,neoni8mm");
}

TEST(AllowedIsasTest, AutoIsBuiltAndFound) {
  const auto allowed = AllowedIsas("auto");
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_EQ(*allowed, BuiltIsas() & FoundIsas());
}

TEST(AllowedIsasTest, ScalarIsScalarAlone) {
  const auto allowed = AllowedIsas("scalar");
  ASSERT_TRUE(allowed.ok()) << allowed.status();
  EXPECT_EQ(*allowed, IsaSet());
}

TEST(AllowedIsasTest, ANameAllowsItAndWhatLiesBelowOrIsRefused) {
  const IsaSet usable = BuiltIsas() & FoundIsas();
  for (Isa limit : kAllIsas) {
    const auto allowed = AllowedIsas(IsaName(limit));
    if (!usable.Has(limit)) {
      EXPECT_EQ(allowed.status().code(), absl::StatusCode::kFailedPrecondition);
      EXPECT_THAT(std::string(allowed.status().message()), HasSubstr(BuiltIsas().ToString()));
      EXPECT_THAT(std::string(allowed.status().message()), HasSubstr(FoundIsas().ToString()));
      continue;
    }
    ASSERT_TRUE(allowed.ok()) << allowed.status();
    for (Isa isa : kAllIsas) {
      const bool same_family = isa == Isa::kScalar || (isa < Isa::kNeon) == (limit < Isa::kNeon);
      EXPECT_EQ(allowed->Has(isa), usable.Has(isa) && same_family && isa <= limit)
          << std::string(IsaName(isa)) << " under " << std::string(IsaName(limit));
    }
  }
}

TEST(AllowedIsasTest, AnotherProcessorsSetIsNotBuilt) {
  const char* foreign = BuiltIsas().Has(Isa::kNeon) ? "avx2" : "neon";
  const auto allowed = AllowedIsas(foreign);
  EXPECT_EQ(allowed.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(allowed.status().message()), HasSubstr("no kernels in this build"));
}

TEST(AllowedIsasTest, UnknownNamesAreRefusedWithTheKnownOnes) {
  for (const char* name : {"", "sse2", "AVX2", "avx2 ", "scalar,avx2"}) {
    const auto allowed = AllowedIsas(name);
    EXPECT_EQ(allowed.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_THAT(std::string(allowed.status().message()),
                HasSubstr("auto,scalar,avx2,avxvnni,avx512vnni,amx,neon,neondot,neoni8mm"));
  }
}

}  // namespace
}  // namespace octet
