// From the processor's feature words to the instruction sets that may run. Pure, so that tests can
// describe any machine.
#ifndef OCTET_ENGINE_CPU_PROBE_H_
#define OCTET_ENGINE_CPU_PROBE_H_

#include <cstdint>

#include "engine/cpu/isa.h"

namespace octet {

// Words of CPUID and of the operating system, as Intel's Software Developer's Manual names them
// (volume 2, CPUID). All zero: a baseline x86-64 processor.
struct X86Features {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0;
  uint32_t leaf7_ecx = 0;
  uint32_t leaf7_edx = 0;
  uint32_t leaf7_1_eax = 0;
  uint64_t xcr0 = 0;           // registers that the operating system saves; 0 without OSXSAVE
  bool amx_permitted = false;  // Linux grants tile data to a process on request only
};

// AT_HWCAP and AT_HWCAP2 of Linux on aarch64.
struct Arm64Features {
  uint64_t hwcap = 0;
  uint64_t hwcap2 = 0;
};

IsaSet ComputeX86Isas(const X86Features& features);
IsaSet ComputeArm64Isas(const Arm64Features& features);

}  // namespace octet

#endif  // OCTET_ENGINE_CPU_PROBE_H_
