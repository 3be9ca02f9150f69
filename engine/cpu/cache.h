// The processor's caches.
#ifndef OCTET_ENGINE_CPU_CACHE_H_
#define OCTET_ENGINE_CPU_CACHE_H_

#include <cstddef>
#include <string>

namespace octet {

// What is assumed where the system does not say: a small processor's.
inline constexpr size_t kUsualSecondLevelBytes = size_t{256} << 10;

// Bytes of second-level cache that a processor has for itself: those of the first processor, by the
// number of processors that share them. From /sys, kUsualSecondLevelBytes where that is not there.
size_t SecondLevelCacheBytes();

// The same from a folder in the form of /sys/devices/system/cpu/cpu0/cache; 0 where it does not
// say.
size_t ReadSecondLevelCacheBytes(const std::string& folder);

}  // namespace octet

#endif  // OCTET_ENGINE_CPU_CACHE_H_
