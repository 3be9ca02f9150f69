#include "engine/cpu/probe.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace octet {
namespace {

constexpr bool Bit(uint64_t word, int bit) { return (word >> bit) & 1; }
constexpr bool HasAll(uint64_t word, uint64_t mask) { return (word & mask) == mask; }

// Parts of XCR0.
constexpr uint64_t kAvxState = 0x6;      // XMM, YMM
constexpr uint64_t kAvx512State = 0xe6;  // and opmask, both halves of ZMM
constexpr uint64_t kAmxState = 0x60000;  // tile configuration and data

#if defined(__x86_64__)
uint64_t ReadXcr0() {
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

bool RequestAmxPermission() {
  constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
  constexpr int kTileData = 18;               // XFEATURE_XTILE_DATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

IsaSet Probe() {
  X86Features f;
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) {
    f.leaf1_ecx = ecx;
    if (Bit(ecx, 27)) f.xcr0 = ReadXcr0();
  }
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) {
    f.leaf7_ebx = ebx;
    f.leaf7_ecx = ecx;
    f.leaf7_edx = edx;
    const uint32_t last_subleaf = eax;
    if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) f.leaf7_1_eax = eax;
  }
  if (Bit(f.leaf7_edx, 25) && HasAll(f.xcr0, kAmxState)) f.amx_permitted = RequestAmxPermission();
  return ComputeX86Isas(f);
}
#elif defined(__aarch64__)
IsaSet Probe() { return ComputeArm64Isas({getauxval(AT_HWCAP), getauxval(AT_HWCAP2)}); }
#else
IsaSet Probe() { return IsaSet(); }
#endif

}  // namespace

IsaSet ComputeX86Isas(const X86Features& f) {
  IsaSet isas;
  const bool fma = Bit(f.leaf1_ecx, 12);
  const bool avx2 = Bit(f.leaf7_ebx, 5) && fma && HasAll(f.xcr0, kAvxState);
  if (!avx2) return isas;
  isas = isas.With(Isa::kAvx2);
  if (Bit(f.leaf7_1_eax, 4)) isas = isas.With(Isa::kAvxVnni);
  const bool avx512 = Bit(f.leaf7_ebx, 16) && Bit(f.leaf7_ebx, 17) && Bit(f.leaf7_ebx, 30) &&
                      Bit(f.leaf7_ebx, 31) && HasAll(f.xcr0, kAvx512State);
  const bool vnni = avx512 && Bit(f.leaf7_ecx, 11);
  if (vnni) isas = isas.With(Isa::kAvx512Vnni);
  // The AMX leaves requantize with AVX-512, multiply single rows with its VNNI, and look codes up
  // with its VBMI.
  const bool vbmi = Bit(f.leaf7_ecx, 1);
  const bool amx = Bit(f.leaf7_edx, 24) && Bit(f.leaf7_edx, 25) && HasAll(f.xcr0, kAmxState);
  if (vnni && vbmi && amx && f.amx_permitted) isas = isas.With(Isa::kAmx);
  return isas;
}

IsaSet ComputeArm64Isas(const Arm64Features& f) {
  IsaSet isas;
  if (!Bit(f.hwcap, 1)) return isas;
  isas = isas.With(Isa::kNeon);
  if (Bit(f.hwcap, 20)) isas = isas.With(Isa::kNeonDot);
  if (Bit(f.hwcap2, 13)) isas = isas.With(Isa::kNeonI8mm);
  return isas;
}

IsaSet FoundIsas() {
  static const IsaSet found = Probe();
  return found;
}

}  // namespace octet
