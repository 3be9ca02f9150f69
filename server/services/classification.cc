#include "server/services/classification.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace octet::server {
namespace {

template <typename T>
bool IsNan(T value) {
  if constexpr (std::is_floating_point_v<T>) return std::isnan(value);
  return false;
}

template <typename T>
std::string Text(T value, int64_t index) {
  if constexpr (std::is_floating_point_v<T>) return absl::StrFormat("%.9g:%d", value, index);
  return absl::StrCat(+value, ":", index);
}

template <typename T>
std::vector<std::string> Find(const std::byte* bytes, int64_t elements, int64_t classes) {
  std::vector<T> values(elements);
  std::memcpy(values.data(), bytes, elements * sizeof(T));
  std::vector<int64_t> order(elements);
  std::iota(order.begin(), order.end(), 0);
  std::partial_sort(order.begin(), order.begin() + classes, order.end(), [&](int64_t a, int64_t b) {
    if (IsNan(values[a]) != IsNan(values[b])) return IsNan(values[b]);
    if (!IsNan(values[a]) && values[a] != values[b]) return values[a] > values[b];
    return a < b;
  });
  std::vector<std::string> found;
  for (int64_t i = 0; i < classes; ++i) found.push_back(Text<T>(values[order[i]], order[i]));
  return found;
}

}  // namespace

bool IsClassifiable(DataType type) {
  switch (type) {
    case DataType::kFloat32:
    case DataType::kFloat64:
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
    case DataType::kInt64:
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
    case DataType::kUint64:
      return true;
    default:
      return false;
  }
}

std::vector<std::string> FindClasses(const std::byte* values, int64_t elements, DataType type,
                                     int64_t classes) {
  switch (type) {
    case DataType::kFloat32:
      return Find<float>(values, elements, classes);
    case DataType::kFloat64:
      return Find<double>(values, elements, classes);
    case DataType::kInt8:
      return Find<int8_t>(values, elements, classes);
    case DataType::kInt16:
      return Find<int16_t>(values, elements, classes);
    case DataType::kInt32:
      return Find<int32_t>(values, elements, classes);
    case DataType::kInt64:
      return Find<int64_t>(values, elements, classes);
    case DataType::kUint8:
      return Find<uint8_t>(values, elements, classes);
    case DataType::kUint16:
      return Find<uint16_t>(values, elements, classes);
    case DataType::kUint32:
      return Find<uint32_t>(values, elements, classes);
    case DataType::kUint64:
      return Find<uint64_t>(values, elements, classes);
    default:
      return {};
  }
}

}  // namespace octet::server
