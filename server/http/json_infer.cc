#include "server/http/json_infer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/http/json_tensor.h"

namespace octet::server {
namespace {

using inference::InferParameter;
using nlohmann::json;
using nlohmann::ordered_json;
using Parameters = google::protobuf::Map<std::string, InferParameter>;

constexpr char kBinarySize[] = "binary_data_size";
constexpr char kBinary[] = "binary_data";
constexpr char kBinaryOutput[] = "binary_data_output";

template <typename... Text>
absl::Status Wrong(const Text&... text) {
  return absl::InvalidArgumentError(absl::StrCat(text...));
}

// Null where the member is absent.
const json* Member(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? nullptr : &*it;
}

absl::StatusOr<std::string> StringMember(const json& object, const char* name) {
  const json* const value = Member(object, name);
  if (value == nullptr || !value->is_string()) return Wrong("'", name, "' must be a string");
  return value->get<std::string>();
}

absl::Status ReadParameters(const json& object, Parameters& parameters) {
  const json* const given = Member(object, "parameters");
  if (given == nullptr) return absl::OkStatus();
  if (!given->is_object()) return Wrong("'parameters' must be an object");
  for (const auto& [key, value] : given->items()) {
    InferParameter& parameter = parameters[key];
    if (value.is_boolean()) {
      parameter.set_bool_param(value.get<bool>());
    } else if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) {
      parameter.set_uint64_param(value.get<uint64_t>());
    } else if (value.is_number_integer()) {
      parameter.set_int64_param(value.get<int64_t>());
    } else if (value.is_number()) {
      parameter.set_double_param(value.get<double>());
    } else if (value.is_string()) {
      parameter.set_string_param(value.get<std::string>());
    } else {
      return Wrong("parameter '", key, "' must be a number, a string, true or false");
    }
  }
  return absl::OkStatus();
}

// Takes a parameter out that is this form's own; `otherwise` where it is absent.
absl::StatusOr<bool> TakeFlag(Parameters& parameters, const char* key, bool otherwise) {
  const auto it = parameters.find(key);
  if (it == parameters.end()) return otherwise;
  if (it->second.parameter_choice_case() != InferParameter::kBoolParam) {
    return Wrong("parameter '", key, "' must be true or false");
  }
  const bool value = it->second.bool_param();
  parameters.erase(it);
  return value;
}

absl::Status ReadShape(const json& object, inference::ModelInferRequest::InferInputTensor& input) {
  const json* const shape = Member(object, "shape");
  if (shape == nullptr || !shape->is_array()) return Wrong("'shape' must be an array of integers");
  for (const json& dimension : *shape) {
    if (!dimension.is_number_integer()) return Wrong("'shape' must be an array of integers");
    input.add_shape(dimension.get<int64_t>());
  }
  return absl::OkStatus();
}

// Takes the input's bytes off the front of `binary`.
absl::StatusOr<std::string> TakeBinary(const InferParameter& size, absl::string_view& binary) {
  if (size.parameter_choice_case() != InferParameter::kInt64Param || size.int64_param() < 0 ||
      static_cast<uint64_t>(size.int64_param()) > binary.size()) {
    return Wrong("binary_data_size must be the input's bytes, of which ", binary.size(),
                 " are left");
  }
  const std::string bytes(binary.substr(0, size.int64_param()));
  binary.remove_prefix(bytes.size());
  return bytes;
}

absl::Status ReadInput(const json& object, absl::string_view& binary,
                       inference::ModelInferRequest& message) {
  if (!object.is_object()) return Wrong("'inputs' must be an array of objects");
  auto& input = *message.add_inputs();
  absl::StatusOr<std::string> name = StringMember(object, "name");
  if (!name.ok()) return name.status();
  input.set_name(*std::move(name));
  absl::StatusOr<std::string> datatype = StringMember(object, "datatype");
  if (!datatype.ok()) return datatype.status();
  input.set_datatype(*std::move(datatype));
  if (absl::Status shape = ReadShape(object, input); !shape.ok()) return shape;
  Parameters& parameters = *input.mutable_parameters();
  if (absl::Status read = ReadParameters(object, parameters); !read.ok()) return read;
  const json* const data = Member(object, "data");
  const auto size = parameters.find(kBinarySize);
  if (data != nullptr && size != parameters.end()) {
    return Wrong("'data' and binary_data_size are given: one or the other");
  }
  if (data == nullptr && size == parameters.end()) {
    if (parameters.count("shared_memory_region") > 0) return absl::OkStatus();
    return Wrong("'data' is missing");
  }
  absl::StatusOr<std::string> bytes =
      data != nullptr ? JsonToBytes(*data, input.datatype()) : TakeBinary(size->second, binary);
  if (!bytes.ok()) return bytes.status();
  if (size != parameters.end()) parameters.erase(size);
  message.add_raw_input_contents(*std::move(bytes));
  return absl::OkStatus();
}

absl::Status ReadOutput(const json& object, JsonInferRequest& request) {
  if (!object.is_object()) return Wrong("'outputs' must be an array of objects");
  absl::StatusOr<std::string> name = StringMember(object, "name");
  if (!name.ok()) return name.status();
  auto& output = *request.message.add_outputs();
  output.set_name(*std::move(name));
  Parameters& parameters = *output.mutable_parameters();
  if (absl::Status read = ReadParameters(object, parameters); !read.ok()) return read;
  const absl::StatusOr<bool> binary = TakeFlag(parameters, kBinary, request.binary_by_default);
  if (!binary.ok()) return binary.status();
  if (*binary != request.binary_by_default) request.named_outputs.insert(output.name());
  return absl::OkStatus();
}

template <typename Read>
absl::Status ReadList(const json& object, const char* name, const Read& read) {
  const json* const list = Member(object, name);
  if (list == nullptr) return absl::OkStatus();
  if (!list->is_array()) return Wrong("'", name, "' must be an array of objects");
  for (size_t i = 0; i < list->size(); ++i) {
    if (absl::Status status = read((*list)[i]); !status.ok()) {
      return Wrong(name, "[", i, "]: ", status.message());
    }
  }
  return absl::OkStatus();
}

ordered_json ParametersToJson(const Parameters& parameters) {
  ordered_json json = ordered_json::object();
  for (const auto& [key, value] : parameters) {
    switch (value.parameter_choice_case()) {
      case InferParameter::kBoolParam:
        json[key] = value.bool_param();
        break;
      case InferParameter::kInt64Param:
        json[key] = value.int64_param();
        break;
      case InferParameter::kStringParam:
        json[key] = value.string_param();
        break;
      case InferParameter::kDoubleParam:
        json[key] = value.double_param();
        break;
      case InferParameter::kUint64Param:
        json[key] = value.uint64_param();
        break;
      default:
        break;
    }
  }
  return json;
}

}  // namespace

absl::StatusOr<JsonInferRequest> ParseJsonInfer(absl::string_view body,
                                                std::optional<size_t> json_bytes) {
  if (json_bytes.value_or(0) > body.size()) {
    return Wrong("Inference-Header-Content-Length is ", *json_bytes, ", the body has ", body.size(),
                 " bytes");
  }
  absl::string_view binary = json_bytes.has_value() ? body.substr(*json_bytes) : "";
  const absl::string_view text = json_bytes.has_value() ? body.substr(0, *json_bytes) : body;
  const json object = json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return Wrong("the body is no JSON object");
  JsonInferRequest request;
  if (Member(object, "id") != nullptr) {
    absl::StatusOr<std::string> id = StringMember(object, "id");
    if (!id.ok()) return id.status();
    request.message.set_id(*std::move(id));
  }
  Parameters& parameters = *request.message.mutable_parameters();
  if (absl::Status read = ReadParameters(object, parameters); !read.ok()) return read;
  const absl::StatusOr<bool> by_default = TakeFlag(parameters, kBinaryOutput, false);
  if (!by_default.ok()) return by_default.status();
  request.binary_by_default = *by_default;
  absl::Status lists = ReadList(object, "inputs", [&](const json& input) {
    return ReadInput(input, binary, request.message);
  });
  if (!lists.ok()) return lists;
  lists =
      ReadList(object, "outputs", [&](const json& output) { return ReadOutput(output, request); });
  if (!lists.ok()) return lists;
  if (!binary.empty()) return Wrong(binary.size(), " bytes of binary data belong to no input");
  return request;
}

absl::StatusOr<JsonInferAnswer> WriteJsonInfer(const JsonInferRequest& request,
                                               const inference::ModelInferResponse& response) {
  ordered_json object;
  object["model_name"] = response.model_name();
  object["model_version"] = response.model_version();
  if (!response.id().empty()) object["id"] = response.id();
  object["parameters"] = ParametersToJson(response.parameters());
  object["outputs"] = ordered_json::array();
  std::string binary;
  bool any_binary = false;
  if (response.raw_output_contents_size() != response.outputs_size()) {
    return absl::UnimplementedError("a model without inputs is served over gRPC alone");
  }
  for (int i = 0; i < response.outputs_size(); ++i) {
    const auto& output = response.outputs(i);
    ordered_json entry;
    entry["name"] = output.name();
    entry["datatype"] = output.datatype();
    entry["shape"] = std::vector<int64_t>(output.shape().begin(), output.shape().end());
    ordered_json parameters = ParametersToJson(output.parameters());
    const std::string& bytes = response.raw_output_contents(i);
    const bool named = request.named_outputs.count(output.name()) > 0;
    if (output.parameters().count("shared_memory_region") > 0) {
      // Its bytes are elsewhere.
    } else if (named != request.binary_by_default) {
      parameters[kBinarySize] = bytes.size();
      binary += bytes;
      any_binary = true;
    } else {
      absl::StatusOr<ordered_json> data = BytesToJson(bytes, output.datatype());
      if (!data.ok()) return data.status();
      entry["data"] = *std::move(data);
    }
    if (!parameters.empty()) entry["parameters"] = std::move(parameters);
    object["outputs"].push_back(std::move(entry));
  }
  JsonInferAnswer answer;
  answer.body = object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  if (any_binary) answer.json_bytes = answer.body.size();
  answer.body += binary;
  return answer;
}

}  // namespace octet::server
