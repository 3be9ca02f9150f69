#include "engine/cpu/isa.h"

#include <array>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace octet {
namespace {

constexpr std::array<absl::string_view, kIsaCount> kNames = {
    "scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "neondot", "neoni8mm"};

bool IsArm(Isa isa) { return isa >= Isa::kNeon; }

// `limit` and what lies below it in its family; enumerators of a family ascend.
IsaSet UpTo(Isa limit) {
  IsaSet isas;
  for (int i = 1; i <= static_cast<int>(limit); ++i) {
    const Isa isa = static_cast<Isa>(i);
    if (IsArm(isa) == IsArm(limit)) isas = isas.With(isa);
  }
  return isas;
}

}  // namespace

absl::string_view IsaName(Isa isa) { return kNames[static_cast<int>(isa)]; }

std::vector<Isa> IsaSet::Descending() const {
  std::vector<Isa> isas;
  for (int i = kIsaCount - 1; i >= 0; --i) {
    if (Has(static_cast<Isa>(i))) isas.push_back(static_cast<Isa>(i));
  }
  return isas;
}

std::string IsaSet::ToString() const {
  std::vector<absl::string_view> names;
  for (int i = 0; i < kIsaCount; ++i) {
    if (Has(static_cast<Isa>(i))) names.push_back(kNames[i]);
  }
  return absl::StrJoin(names, ",");
}

IsaSet BuiltIsas() {
  IsaSet built;
#ifdef OCTET_BUILT_AVX2
  built = built.With(Isa::kAvx2);
#endif
#ifdef OCTET_BUILT_AVXVNNI
  built = built.With(Isa::kAvxVnni);
#endif
#ifdef OCTET_BUILT_AVX512VNNI
  built = built.With(Isa::kAvx512Vnni);
#endif
#ifdef OCTET_BUILT_AMX
  built = built.With(Isa::kAmx);
#endif
#ifdef OCTET_BUILT_NEON
  built = built.With(Isa::kNeon);
#endif
#ifdef OCTET_BUILT_NEONDOT
  built = built.With(Isa::kNeonDot);
#endif
#ifdef OCTET_BUILT_NEONI8MM
  built = built.With(Isa::kNeonI8mm);
#endif
  return built;
}

absl::StatusOr<IsaSet> AllowedIsas(absl::string_view limit) {
  const IsaSet usable = BuiltIsas() & FoundIsas();
  if (limit == "auto") return usable;
  for (int i = 0; i < kIsaCount; ++i) {
    const Isa isa = static_cast<Isa>(i);
    if (limit != kNames[i]) continue;
    if (usable.Has(isa)) return usable & UpTo(isa);
    return absl::FailedPreconditionError(absl::StrCat(
        "instruction set \"", limit, "\" ",
        BuiltIsas().Has(isa) ? "is not offered by this machine" : "has no kernels in this build",
        " (built: ", BuiltIsas().ToString(), "; found: ", FoundIsas().ToString(), ")"));
  }
  return absl::InvalidArgumentError(absl::StrCat("unknown instruction set \"", limit,
                                                 "\"; there are: auto,", IsaSet::All().ToString()));
}

}  // namespace octet
