// Instruction sets that Octet has kernels for, and sets of them.
#ifndef OCTET_ENGINE_CPU_ISA_H_
#define OCTET_ENGINE_CPU_ISA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace octet {

enum class Isa : uint8_t {
  kScalar,      // portable C++ for the baseline processor
  kAvx2,        // AVX2 and FMA
  kAvxVnni,     // AVX-VNNI (256 bit)
  kAvx512Vnni,  // AVX-512 F, BW, VL, DQ and VNNI
  kAmx,         // AMX tiles and int8
  kNeon,        // Advanced SIMD of armv8.0
  kNeonDot,     // SDOT/UDOT
  kNeonI8mm,    // SMMLA
};
inline constexpr int kIsaCount = 8;

// "scalar", "avx2", "avxvnni", "avx512vnni", "amx", "neon", "neondot", "neoni8mm".
absl::string_view IsaName(Isa isa);

// A set of instruction sets. kScalar is always a member.
class IsaSet {
 public:
  constexpr IsaSet() = default;
  static constexpr IsaSet All() { return IsaSet((1u << kIsaCount) - 1); }

  constexpr bool Has(Isa isa) const { return (bits_ >> static_cast<int>(isa)) & 1; }
  constexpr IsaSet With(Isa isa) const { return IsaSet(bits_ | (1u << static_cast<int>(isa))); }
  constexpr IsaSet Without(Isa isa) const { return IsaSet(bits_ & ~(1u << static_cast<int>(isa))); }
  constexpr IsaSet operator&(IsaSet other) const { return IsaSet(bits_ & other.bits_); }
  friend constexpr bool operator==(IsaSet, IsaSet) = default;

  // From the most capable down: the order in which selection tries them.
  std::vector<Isa> Descending() const;
  std::string ToString() const;  // "scalar,avx2"

 private:
  constexpr explicit IsaSet(uint32_t bits) : bits_(bits | 1u) {}
  uint32_t bits_ = 1u;
};

// Instruction sets whose leaves are linked into this program.
IsaSet BuiltIsas();

// What this machine can run: CPUID (or HWCAP) and the operating system's part of it (XCR0 for AVX
// and AVX-512 state; for AMX also the permission, which this call requests). Cheap after the first
// call; thread-safe.
IsaSet FoundIsas();

// Instruction sets that kernels may use: built, found, and not above `limit`.
// `limit` is "auto", or the name of one set: that one and those below it in its family. Errors:
// InvalidArgument for a name that does not exist, FailedPrecondition for one that is not built or
// that the machine lacks.
absl::StatusOr<IsaSet> AllowedIsas(absl::string_view limit);

}  // namespace octet

#endif  // OCTET_ENGINE_CPU_ISA_H_
