#include "server/services/data_types.h"

namespace octet::server {
namespace {

struct Row {
  DataType type;
  absl::string_view name;
  inference::DataType config;
};

constexpr Row kRows[] = {
    {DataType::kBool, "BOOL", inference::TYPE_BOOL},
    {DataType::kUint8, "UINT8", inference::TYPE_UINT8},
    {DataType::kUint16, "UINT16", inference::TYPE_UINT16},
    {DataType::kUint32, "UINT32", inference::TYPE_UINT32},
    {DataType::kUint64, "UINT64", inference::TYPE_UINT64},
    {DataType::kInt8, "INT8", inference::TYPE_INT8},
    {DataType::kInt16, "INT16", inference::TYPE_INT16},
    {DataType::kInt32, "INT32", inference::TYPE_INT32},
    {DataType::kInt64, "INT64", inference::TYPE_INT64},
    {DataType::kFloat16, "FP16", inference::TYPE_FP16},
    {DataType::kFloat32, "FP32", inference::TYPE_FP32},
    {DataType::kFloat64, "FP64", inference::TYPE_FP64},
};

}  // namespace

absl::string_view ProtocolTypeName(DataType type) {
  for (const Row& row : kRows) {
    if (row.type == type) return row.name;
  }
  return "";
}

std::optional<DataType> ParseProtocolType(absl::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.type;
  }
  return std::nullopt;
}

inference::DataType ToConfigType(DataType type) {
  for (const Row& row : kRows) {
    if (row.type == type) return row.config;
  }
  return inference::TYPE_INVALID;
}

}  // namespace octet::server
