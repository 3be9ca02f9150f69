#include "tests/conformance/ops/op_goldens.h"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tests/support/goldens.h"

namespace octet::testing {
namespace {

using Json = nlohmann::json;

constexpr absl::string_view kSuffix = ".json";

absl::Status ReadTensor(const Json& json, GoldenTensor* tensor) {
  tensor->type = json.at("dtype").get<std::string>();
  const auto dims = json.at("shape").get<std::vector<int32_t>>();
  auto shape = Shape::Create(dims);
  if (!shape.ok()) return shape.status();
  tensor->shape = *shape;
  if (!absl::Base64Unescape(json.at("data").get<std::string>(), &tensor->bytes)) {
    return absl::InvalidArgumentError("data is not base64");
  }
  return absl::OkStatus();
}

absl::Status ReadTensors(const Json& json, std::vector<GoldenTensor>* tensors) {
  for (const Json& one : json) {
    const absl::Status status = ReadTensor(one, &tensors->emplace_back());
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ReadRun(const Json& json, GoldenRun* run) {
  absl::Status status = ReadTensors(json.at("inputs"), &run->inputs);
  status.Update(ReadTensors(json.at("fixed_point"), &run->fixed_point));
  status.Update(
      ReadTensors(json.at(json.contains("float32") ? "float32" : "fixed_point"), &run->float32));
  return status;
}

absl::Status ReadCase(const std::string& op, const Json& json, GoldenCase* golden) {
  golden->name = json.at("name").get<std::string>();
  const Json& types = json.at("types");
  golden->types = {op, json.at("version").get<int>(),
                   types.at("inputs").get<std::vector<std::string>>(),
                   types.at("outputs").get<std::vector<std::string>>()};
  if (!absl::Base64Unescape(json.at("model").get<std::string>(), &golden->model)) {
    return absl::InvalidArgumentError("the model is not base64");
  }
  absl::Status status = ReadRun(json, &golden->runs.emplace_back());
  for (const Json& run : json.value("then", Json::array())) {
    status.Update(ReadRun(run, &golden->runs.emplace_back()));
  }
  if (json.contains("bound")) {
    const Json& bound = json.at("bound");
    golden->bound = {bound.at("absolute").get<double>(), bound.at("relative").get<double>()};
  }
  return status;
}

// Whether types fit the row's slots, position by position.
bool Fits(const std::vector<std::string>& slots, const std::vector<std::string>& types) {
  for (size_t i = 0; i < std::max(slots.size(), types.size()); ++i) {
    const bool past_end = i >= slots.size();
    if (past_end && (slots.empty() || !absl::EndsWith(slots.back(), "..."))) return false;
    absl::string_view slot = past_end ? slots.back() : slots[i];
    absl::ConsumeSuffix(&slot, "...");
    const bool optional = absl::ConsumeSuffix(&slot, "?");
    if (i >= types.size() || types[i].empty() ? !optional : slot != "ANY" && types[i] != slot)
      return false;
  }
  return true;
}

std::vector<std::string> TypesOf(const SubgraphDef& graph, const std::vector<int32_t>& indices) {
  std::vector<std::string> types;
  for (int32_t i : indices) {
    types.emplace_back(i == kAbsentTensor ? "" : DataTypeName(graph.tensors[i].type));
  }
  return types;
}

}  // namespace

std::string OpGoldensFolder() { return absl::StrCat(OCTET_SOURCE_DIR, "/tests/data/ops"); }

std::vector<std::string> OpsWithGoldens() {
  std::vector<std::string> ops;
  for (const std::string& file : FilesEndingIn(OpGoldensFolder(), std::string(kSuffix))) {
    ops.emplace_back(absl::StripSuffix(file, kSuffix));
  }
  return ops;
}

absl::StatusOr<std::vector<GoldenCase>> ReadOpGoldens(const std::string& op) {
  std::ifstream file(absl::StrCat(OpGoldensFolder(), "/", op, kSuffix));
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) return absl::InvalidArgumentError(absl::StrCat(op, ": not JSON"));
  std::vector<GoldenCase> cases;
  for (const Json& one : json.at("cases")) {
    const absl::Status status = ReadCase(op, one, &cases.emplace_back());
    if (!status.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(op, " ", cases.back().name, ": ", status.message()));
    }
  }
  return cases;
}

std::vector<OperatorTypes> OperatorsOf(const Model& model) {
  std::vector<OperatorTypes> all;
  for (const SubgraphDef& graph : model.subgraphs()) {
    for (const OperatorDef& op : graph.operators) {
      const std::string name =
          op.op == BuiltinOp::kCustom ? op.custom_name : std::string(BuiltinOpName(op.op));
      all.push_back({name, op.version, TypesOf(graph, op.inputs), TypesOf(graph, op.outputs)});
    }
  }
  return all;
}

bool Takes(const SupportedOp& row, const OperatorTypes& types) {
  return row.op == types.op && row.min_version <= types.version &&
         types.version <= row.max_version && Fits(row.inputs, types.inputs) &&
         Fits(row.outputs, types.outputs);
}

bool AnyRowTakes(const std::vector<SupportedOp>& rows, const OperatorTypes& types) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const SupportedOp& row) { return Takes(row, types); });
}

std::string Describe(const OperatorTypes& types) {
  return absl::StrCat(types.op, " version ", types.version, ": ", absl::StrJoin(types.inputs, ", "),
                      " -> ", absl::StrJoin(types.outputs, ", "));
}

std::string Describe(const SupportedOp& row) {
  return absl::StrCat(row.op, " versions ", row.min_version, " to ", row.max_version, ": ",
                      absl::StrJoin(row.inputs, ", "), " -> ", absl::StrJoin(row.outputs, ", "));
}

}  // namespace octet::testing
