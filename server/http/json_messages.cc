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
  const auto get = [&](auto one, auto one_of_many) {
    return repeated ? (reflection.*one_of_many)(message, field, i)
                    : (reflection.*one)(message, field);
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return get(&Reflection::GetBool, &Reflection::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_ENUM:
      return get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum)->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return get(&Reflection::GetString, &Reflection::GetRepeatedString);
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
