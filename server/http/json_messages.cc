#include "server/http/json_messages.h"

#include <string>

namespace octet::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::ordered_json;

// The value of a singular field, or of entry `i` of a repeated one.
ordered_json FieldToJson(const Message& message, const FieldDescriptor* field, int i) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return repeated ? reflection.GetRepeatedInt32(message, field, i)
                      : reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.GetRepeatedInt64(message, field, i)
                      : reflection.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return repeated ? reflection.GetRepeatedUInt32(message, field, i)
                      : reflection.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return repeated ? reflection.GetRepeatedUInt64(message, field, i)
                      : reflection.GetUInt64(message, field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection.GetRepeatedDouble(message, field, i)
                      : reflection.GetDouble(message, field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return repeated ? reflection.GetRepeatedFloat(message, field, i)
                      : reflection.GetFloat(message, field);
    case FieldDescriptor::CPPTYPE_BOOL:
      return repeated ? reflection.GetRepeatedBool(message, field, i)
                      : reflection.GetBool(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return (repeated ? reflection.GetRepeatedEnum(message, field, i)
                       : reflection.GetEnum(message, field))
          ->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection.GetRepeatedString(message, field, i)
                      : reflection.GetString(message, field);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageToJson(repeated ? reflection.GetRepeatedMessage(message, field, i)
                                    : reflection.GetMessage(message, field));
  }
  return nullptr;
}

ordered_json MapToJson(const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor* const key = field->message_type()->map_key();
  const FieldDescriptor* const value = field->message_type()->map_value();
  ordered_json map = ordered_json::object();
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, field, i);
    map[FieldToJson(entry, key, -1).get<std::string>()] = FieldToJson(entry, value, -1);
  }
  return map;
}

}  // namespace

ordered_json MessageToJson(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  ordered_json json = ordered_json::object();
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor* const field = message.GetDescriptor()->field(f);
    if (field->is_map()) {
      json[field->name()] = MapToJson(message, field);
    } else if (field->is_repeated()) {
      ordered_json list = ordered_json::array();
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        list.push_back(FieldToJson(message, field, i));
      }
      json[field->name()] = std::move(list);
    } else if (!field->has_presence() || reflection.HasField(message, field)) {
      json[field->name()] = FieldToJson(message, field, -1);
    }
  }
  return json;
}

}  // namespace octet::server
