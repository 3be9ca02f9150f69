#include "server/http/json_tensor.h"

#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"

namespace octet::server {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// Deeper than any tensor; the nesting comes from outside.
constexpr int kMaxDepth = 16;

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

template <typename T>
bool Convert(const json& value, T& out) {
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) return false;
    out = value.get<bool>();
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number()) return false;
    out = value.get<T>();
    return true;
  } else if (value.is_number_unsigned()) {
    const uint64_t number = value.get<uint64_t>();
    out = static_cast<T>(number);
    return number <= static_cast<uint64_t>(std::numeric_limits<T>::max());
  } else {
    if (!value.is_number_integer() || std::is_unsigned_v<T>) return false;
    const int64_t number = value.get<int64_t>();
    out = static_cast<T>(number);
    return number >= static_cast<int64_t>(std::numeric_limits<T>::min());
  }
}

template <typename T>
absl::Status Append(const json& data, int depth, std::string& bytes) {
  if (depth > kMaxDepth) return Wrong("data is nested deeper than ", kMaxDepth, " arrays");
  for (const json& value : data) {
    if (value.is_array()) {
      if (absl::Status nested = Append<T>(value, depth + 1, bytes); !nested.ok()) return nested;
      continue;
    }
    T element;
    if (!Convert(value, element)) {
      const std::string text = value.is_structured()
                                   ? "an object"
                                   : value.dump(-1, ' ', true, json::error_handler_t::replace);
      return Wrong("data has ", text.substr(0, 40), ", which the datatype does not have");
    }
    bytes.append(reinterpret_cast<const char*>(&element), sizeof(element));
  }
  return absl::OkStatus();
}

template <typename T>
absl::StatusOr<ordered_json> List(absl::string_view bytes) {
  ordered_json list = ordered_json::array();
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, bytes.data() + at, sizeof(T));
    list.push_back(element);
  }
  return list;
}

absl::StatusOr<ordered_json> ListTexts(absl::string_view bytes) {
  ordered_json list = ordered_json::array();
  while (bytes.size() >= sizeof(uint32_t)) {
    uint32_t size;
    std::memcpy(&size, bytes.data(), sizeof(size));
    bytes.remove_prefix(sizeof(size));
    if (size > bytes.size()) return absl::InternalError("a text is longer than its tensor");
    list.push_back(std::string(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return list;
}

// Calls `call` with a value of the datatype's C++ type; false where JSON has none for it.
template <typename Call>
bool WithType(absl::string_view datatype, const Call& call) {
  if (datatype == "BOOL") return call(bool{}), true;
  if (datatype == "INT8") return call(int8_t{}), true;
  if (datatype == "INT16") return call(int16_t{}), true;
  if (datatype == "INT32") return call(int32_t{}), true;
  if (datatype == "INT64") return call(int64_t{}), true;
  if (datatype == "UINT8") return call(uint8_t{}), true;
  if (datatype == "UINT16") return call(uint16_t{}), true;
  if (datatype == "UINT32") return call(uint32_t{}), true;
  if (datatype == "UINT64") return call(uint64_t{}), true;
  if (datatype == "FP32") return call(float{}), true;
  if (datatype == "FP64") return call(double{}), true;
  return false;
}

absl::Status NoJson(absl::string_view datatype) {
  return Wrong("datatype ", datatype, " cannot be sent as JSON: use binary data");
}

}  // namespace

absl::StatusOr<std::string> JsonToBytes(const json& data, absl::string_view datatype) {
  if (!data.is_array()) return Wrong("data must be an array");
  std::string bytes;
  absl::Status status;
  const bool known =
      WithType(datatype, [&](auto type) { status = Append<decltype(type)>(data, 1, bytes); });
  if (!known) return NoJson(datatype);
  if (!status.ok()) return status;
  return bytes;
}

absl::StatusOr<ordered_json> BytesToJson(absl::string_view bytes, absl::string_view datatype) {
  if (datatype == "BYTES") return ListTexts(bytes);
  absl::StatusOr<ordered_json> list = NoJson(datatype);
  WithType(datatype, [&](auto type) { list = List<decltype(type)>(bytes); });
  return list;
}

}  // namespace octet::server
