#include "engine/cpu/cache.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace octet {
namespace {

// The first word of a file; empty where it cannot be read.
std::string FirstWord(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// "2048K", "1M", "65536"; 0 for anything else.
size_t ParseBytes(absl::string_view text) {
  const size_t unit = absl::ConsumeSuffix(&text, "K")   ? size_t{1} << 10
                      : absl::ConsumeSuffix(&text, "M") ? size_t{1} << 20
                                                        : 1;
  uint32_t count = 0;
  return absl::SimpleAtoi(text, &count) ? count * unit : 0;
}

// Processors in a list such as "0-3,8"; at least 1.
size_t CountProcessors(absl::string_view list) {
  size_t count = 0;
  for (absl::string_view part : absl::StrSplit(list, ',')) {
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(part, absl::MaxSplits('-', 1));
    uint32_t first = 0;
    uint32_t last = 0;
    if (!absl::SimpleAtoi(ends.first, &first)) continue;
    if (!absl::SimpleAtoi(ends.second, &last)) last = first;
    count += last >= first ? last - first + 1 : 0;
  }
  return std::max<size_t>(count, 1);
}

}  // namespace

size_t ReadSecondLevelCacheBytes(const std::string& folder) {
  constexpr int kMostCaches = 16;
  for (int i = 0; i < kMostCaches; ++i) {
    const std::string cache = absl::StrCat(folder, "/index", i);
    if (FirstWord(cache + "/level") != "2" || FirstWord(cache + "/type") == "Instruction") continue;
    return ParseBytes(FirstWord(cache + "/size")) /
           CountProcessors(FirstWord(cache + "/shared_cpu_list"));
  }
  return 0;
}

size_t SecondLevelCacheBytes() {
  const size_t bytes = ReadSecondLevelCacheBytes("/sys/devices/system/cpu/cpu0/cache");
  return bytes == 0 ? kUsualSecondLevelBytes : bytes;
}

}  // namespace octet
