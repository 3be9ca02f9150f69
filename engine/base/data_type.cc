#include "engine/base/data_type.h"

namespace octet {

absl::string_view DataTypeName(DataType type) {
  switch (type) {
    case DataType::kFloat32:
      return "FLOAT32";
    case DataType::kFloat16:
      return "FLOAT16";
    case DataType::kFloat64:
      return "FLOAT64";
    case DataType::kInt8:
      return "INT8";
    case DataType::kInt16:
      return "INT16";
    case DataType::kInt32:
      return "INT32";
    case DataType::kInt64:
      return "INT64";
    case DataType::kUint8:
      return "UINT8";
    case DataType::kUint16:
      return "UINT16";
    case DataType::kUint32:
      return "UINT32";
    case DataType::kUint64:
      return "UINT64";
    case DataType::kBool:
      return "BOOL";
    case DataType::kInt4:
      return "INT4";
    case DataType::kString:
      return "STRING";
    case DataType::kResource:
      return "RESOURCE";
    case DataType::kOther:
      return "OTHER";
  }
  return "OTHER";
}

size_t DataTypeSize(DataType type) {
  switch (type) {
    case DataType::kInt8:
    case DataType::kUint8:
    case DataType::kBool:
      return 1;
    case DataType::kFloat16:
    case DataType::kInt16:
    case DataType::kUint16:
      return 2;
    case DataType::kFloat32:
    case DataType::kInt32:
    case DataType::kUint32:
    case DataType::kResource:
      return 4;
    case DataType::kFloat64:
    case DataType::kInt64:
    case DataType::kUint64:
      return 8;
    case DataType::kInt4:
    case DataType::kString:
    case DataType::kOther:
      return 0;
  }
  return 0;
}

}  // namespace octet
