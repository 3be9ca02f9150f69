#include "tests/conformance/numerics/worked_model.h"

#include <flatbuffers/flexbuffers.h>
#include <flatbuffers/idl.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/base/status_macros.h"

namespace octet::testing {
namespace {

std::string ListOf(const std::string& bytes) {
  return absl::StrCat("[",
                      absl::StrJoin(bytes, ",",
                                    [](std::string* out, char c) {
                                      absl::StrAppend(out,
                                                      static_cast<int>(static_cast<uint8_t>(c)));
                                    }),
                      "]");
}

std::string Joined(const std::vector<int32_t>& values) {
  return absl::StrCat("[", absl::StrJoin(values, ","), "]");
}

// A model as FlatBuffers' text, put together subgraph by subgraph.
class ModelText {
 public:
  ModelText(const WorkedExample& example, const flatbuffers::Parser& schema)
      : example_(example), schema_(schema) {}

  absl::StatusOr<std::string> Write() {
    std::vector<std::string> graphs;
    for (const WorkedGraph& graph : example_.graphs) {
      OCTET_ASSIGN_OR_RETURN(graphs.emplace_back(), WriteGraph(graph));
    }
    return absl::StrCat("{version: 3, operator_codes: [", absl::StrJoin(codes_, ","),
                        "], subgraphs: [", absl::StrJoin(graphs, ","), "], buffers: [",
                        absl::StrJoin(buffers_, ","), "]}");
  }

 private:
  absl::StatusOr<std::string> WriteGraph(const WorkedGraph& graph) {
    names_.clear();
    tensors_.clear();
    std::vector<std::string> operators;
    OCTET_ASSIGN_OR_RETURN(const std::string inputs, Indices(graph.inputs));
    for (const WorkedOperator& op : graph.operators) {
      OCTET_ASSIGN_OR_RETURN(operators.emplace_back(), WriteOperator(op));
    }
    OCTET_ASSIGN_OR_RETURN(const std::string outputs, Indices(graph.outputs));
    return absl::StrCat("{tensors: [", absl::StrJoin(tensors_, ","), "], inputs: ", inputs,
                        ", outputs: ", outputs, ", operators: [", absl::StrJoin(operators, ","),
                        "]}");
  }

  absl::StatusOr<std::string> Indices(const std::vector<std::string>& names) {
    std::vector<int32_t> indices;
    for (const std::string& name : names) {
      if (name == "-") {
        indices.push_back(-1);
        continue;
      }
      auto at = std::find(names_.begin(), names_.end(), name);
      if (at == names_.end()) {
        OCTET_RETURN_IF_ERROR(AddTensor(name));
        at = names_.end() - 1;
      }
      indices.push_back(static_cast<int32_t>(at - names_.begin()));
    }
    return Joined(indices);
  }

  absl::Status AddTensor(const std::string& name) {
    OCTET_ASSIGN_OR_RETURN(const WorkedTensor* tensor, FindTensor(example_, name));
    size_t buffer = 0;
    if (tensor->role == TensorRole::kConstant) {
      OCTET_ASSIGN_OR_RETURN(const std::string bytes, EncodeValues(*tensor->values, tensor->type));
      buffer = buffers_.size();
      buffers_.push_back(absl::StrCat("{data: ", ListOf(bytes), "}"));
    }
    names_.push_back(name);
    tensors_.push_back(
        absl::StrCat("{name: \"", name, "\", type: ", DataTypeName(tensor->type),
                     ", has_rank: true, shape: ", Joined(ShapeOf(*tensor)), ", buffer: ", buffer,
                     ", is_variable: ", tensor->role == TensorRole::kState ? "true" : "false",
                     QuantizationOf(*tensor), "}"));
    return absl::OkStatus();
  }

  // A result's shape is that of its answer.
  std::vector<int32_t> ShapeOf(const WorkedTensor& tensor) const {
    const auto& outputs = example_.graphs[0].outputs;
    const auto at = std::find(outputs.begin(), outputs.end(), tensor.name);
    return at == outputs.end() ? tensor.shape : example_.fixed_point[at - outputs.begin()].shape;
  }

  static std::string QuantizationOf(const WorkedTensor& tensor) {
    if (tensor.scales.empty()) return "";
    const std::vector<std::string> zeros(tensor.scales.size(), tensor.zero_point);
    return absl::StrCat(", quantization: {scale: [", absl::StrJoin(tensor.scales, ","),
                        "], zero_point: [", absl::StrJoin(zeros, ","),
                        "], quantized_dimension: ", tensor.axis, "}");
  }

  absl::StatusOr<std::string> WriteOperator(const WorkedOperator& op) {
    const flatbuffers::EnumDef* builtins = schema_.enums_.Lookup("octet.tflite.BuiltinOperator");
    const bool builtin = builtins != nullptr && builtins->Lookup(op.op) != nullptr;
    codes_.push_back(
        absl::StrCat("{builtin_code: ", builtin ? op.op : "CUSTOM", ", version: ", op.version,
                     builtin ? "" : absl::StrCat(", custom_code: \"", op.op, "\""), "}"));
    const size_t code = codes_.size() - 1;
    OCTET_ASSIGN_OR_RETURN(const std::string inputs, Indices(op.arguments));
    OCTET_ASSIGN_OR_RETURN(const std::string outputs, Indices(op.results));
    OCTET_ASSIGN_OR_RETURN(const std::string inner, Indices(op.intermediates));
    OCTET_ASSIGN_OR_RETURN(const std::string options, OptionsOf(op));
    return absl::StrCat("{opcode_index: ", code, ", inputs: ", inputs, ", outputs: ", outputs,
                        ", intermediates: ", inner, options, "}");
  }

  static absl::StatusOr<std::string> OptionsOf(const WorkedOperator& op) {
    if (op.options_table.empty()) return std::string();
    if (op.options_table != "Custom") {
      return absl::StrCat(", builtin_options_type: ", op.options_table,
                          ", builtin_options: ", op.options_fields);
    }
    flatbuffers::Parser parser;
    flexbuffers::Builder builder;
    if (!parser.ParseFlexBuffer(op.options_fields.c_str(), nullptr, &builder)) {
      return absl::InvalidArgumentError(parser.error_);
    }
    const std::vector<uint8_t>& bytes = builder.GetBuffer();
    return absl::StrCat(", custom_options: ", ListOf(std::string(bytes.begin(), bytes.end())));
  }

  const WorkedExample& example_;
  const flatbuffers::Parser& schema_;
  std::vector<std::string> codes_;
  std::vector<std::string> buffers_ = {"{}"};
  std::vector<std::string> names_;    // of the current subgraph's tensors
  std::vector<std::string> tensors_;  // their text
};

bool IsCode(DataType type) {
  return type == DataType::kInt8 || type == DataType::kUint8 || type == DataType::kInt16;
}

// Gives the tensors the slots' types, position by position; the last slot may repeat.
absl::Status Retype(const std::vector<std::string>& names, const std::vector<std::string>& slots,
                    WorkedExample& example) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (slots.empty()) return absl::InvalidArgumentError("more tensors than the row has");
    absl::string_view slot = slots[std::min(i, slots.size() - 1)];
    absl::ConsumeSuffix(&slot, "...");
    absl::ConsumeSuffix(&slot, "?");
    for (WorkedTensor& tensor : example.tensors) {
      if (tensor.name != names[i]) continue;
      for (int t = 0; t <= static_cast<int>(DataType::kOther); ++t) {
        if (DataTypeName(static_cast<DataType>(t)) == slot) tensor.type = static_cast<DataType>(t);
      }
      if (!IsCode(tensor.type)) tensor.scales.clear();
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> BuildWorkedModel(const WorkedExample& example,
                                             const std::string& schema) {
  flatbuffers::Parser parser;
  if (!parser.Parse(schema.c_str())) return absl::InvalidArgumentError(parser.error_);
  OCTET_ASSIGN_OR_RETURN(const std::string text, ModelText(example, parser).Write());
  if (!parser.Parse(text.c_str())) return absl::InvalidArgumentError(parser.error_);
  const flatbuffers::FlatBufferBuilder& built = parser.builder_;
  return std::string(reinterpret_cast<const char*>(built.GetBufferPointer()), built.GetSize());
}

absl::StatusOr<WorkedExample> WithTypesOf(const WorkedExample& example, const SupportedOp& row) {
  WorkedExample made = example;
  for (WorkedOperator& op : made.graphs[0].operators) {
    if (op.op != row.op) continue;
    op.version = std::max(op.version, row.min_version);
    OCTET_RETURN_IF_ERROR(Retype(op.arguments, row.inputs, made));
    OCTET_RETURN_IF_ERROR(Retype(op.results, row.outputs, made));
    // An option that repeats the result's type follows it.
    for (const char* option : {"out_type: ", "output_type: "}) {
      for (const char* type : {"INT32", "INT64"}) {
        op.options_fields = absl::StrReplaceAll(
            op.options_fields,
            {{absl::StrCat(option, type), absl::StrCat(option, row.outputs[0])}});
      }
    }
    return made;
  }
  return absl::InvalidArgumentError(absl::StrCat("the model has no ", row.op));
}

}  // namespace octet::testing
