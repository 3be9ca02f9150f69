#include "client/cli/quantize_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/console.h"
#include "client/cli/table.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;
using octet::v1::LayerReport;
using octet::v1::QuantizeReport;
using octet::v1::TensorReport;
using Align = Table::Align;

// Converters join names of fused operators, hundreds of bytes long; --json has them whole.
constexpr size_t kMaxNameBytes = 44;
constexpr size_t kMaxRows = 20;

Json TensorJson(const TensorReport& tensor) {
  Json entry = {{"tensor", tensor.tensor()},
                {"op", tensor.op()},
                {"role", tensor.role()},
                {"quantized", tensor.quantized()},
                {"datatype", tensor.datatype()},
                {"elements", tensor.elements()},
                {"bytes_before", tensor.bytes_before()},
                {"bytes_after", tensor.bytes_after()}};
  if (!tensor.quantized()) {
    entry["reason"] = tensor.reason();
    return entry;
  }
  entry["scales"] = tensor.scales();
  entry["quantized_dimension"] = tensor.quantized_dimension();
  entry["scale"] = tensor.scale();
  entry["zero_point"] = tensor.zero_point();
  entry["min"] = tensor.min();
  entry["max"] = tensor.max();
  if (tensor.role() != "activation") {
    entry["sqnr_db"] = tensor.sqnr_db();
    return entry;
  }
  entry["range"] = {tensor.range_min(), tensor.range_max()};
  entry["fixed_range"] = tensor.fixed_range();
  if (tensor.has_min_sample()) entry["min_sample"] = tensor.min_sample();
  if (tensor.has_max_sample()) entry["max_sample"] = tensor.max_sample();
  entry["histogram"] = std::vector<int64_t>(tensor.histogram().begin(), tensor.histogram().end());
  return entry;
}

Json ErrorJson(const octet::v1::ErrorMeasure& error) {
  return {{"sqnr_db", error.sqnr_db()}, {"cosine", error.cosine()}, {"max_abs", error.max_abs()}};
}

Json LayerJson(const LayerReport& layer) {
  Json entry = {{"op_index", layer.op_index()},
                {"op", layer.op()},
                {"tensor", layer.tensor()},
                {"quantized", layer.quantized()}};
  if (!layer.reason().empty()) entry["reason"] = layer.reason();
  if (layer.has_error()) entry["error"] = ErrorJson(layer.error());
  return entry;
}

Json ObstaclesJson(const google::protobuf::RepeatedPtrField<octet::v1::Obstacle>& obstacles) {
  Json list = Json::array();
  for (const octet::v1::Obstacle& obstacle : obstacles) {
    list.push_back({{"subgraph", obstacle.subgraph()},
                    {"op_index", obstacle.op_index()},
                    {"op", obstacle.op()},
                    {"tensor", obstacle.tensor()},
                    {"reason", obstacle.reason()}});
  }
  return list;
}

Json RunTimeJson(const octet::v1::RunTime& time) {
  return {{"runs", time.runs()}, {"median", time.median_us()}, {"min", time.min_us()}};
}

void AddRemarks(const QuantizeReport& report, Json& document) {
  for (const auto& deviation : report.deviations()) {
    document["deviations"].push_back({{"rule", deviation.rule()},
                                      {"tensor", deviation.tensor()},
                                      {"detail", deviation.detail()}});
  }
  for (const auto& improvement : report.improvements()) {
    document["improvements"].push_back({{"kind", improvement.kind()},
                                        {"tensor", improvement.tensor()},
                                        {"detail", improvement.detail()},
                                        {"before", improvement.before()},
                                        {"after", improvement.after()}});
  }
  if (report.clamped_weights() > 0) document["clamped_weights"] = report.clamped_weights();
  if (report.vanished_weights() > 0) document["vanished_weights"] = report.vanished_weights();
  for (const std::string& note : report.notes()) document["notes"].push_back(note);
}

// Tensors have no noise to sort by where they stayed as they were: these come last.
double Noise(const TensorReport& tensor) {
  return tensor.quantized() ? tensor.sqnr_db() : std::numeric_limits<double>::infinity();
}
double Noise(const LayerReport& layer) { return layer.error().sqnr_db(); }

template <typename Row>
std::vector<const Row*> WorstFirst(std::vector<const Row*> rows) {
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row* a, const Row* b) { return Noise(*a) < Noise(*b); });
  return rows;
}

std::string RestText(size_t rows, const char* what) {
  if (rows <= kMaxRows) return "";
  return absl::StrCat("... and ", rows - kMaxRows, " better ", what,
                      "; --report FILE.html and --json tell all\n");
}

std::string LayersText(const QuantizeReport& report) {
  std::vector<const LayerReport*> rows;
  for (const LayerReport& layer : report.layers()) {
    if (layer.has_error()) rows.push_back(&layer);
  }
  if (rows.empty()) return "";
  Table table(
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  table.AddRow({"LAYER (WORST FIRST)", "OP", "SQNR", "COSINE", "MAX ERROR", "RESULT"});
  rows = WorstFirst(std::move(rows));
  for (size_t i = 0; i < std::min(rows.size(), kMaxRows); ++i) {
    const LayerReport& layer = *rows[i];
    const auto& error = layer.error();
    table.AddRow({layer.tensor(), layer.op(), SqnrText(error.sqnr_db()),
                  absl::StrFormat("%.5f", error.cosine()), absl::StrFormat("%.3g", error.max_abs()),
                  layer.quantized() ? "quantized" : absl::StrCat("float: ", layer.reason())});
  }
  return absl::StrCat(table.Format(kMaxNameBytes), RestText(rows.size(), "layers"));
}

std::string Outcome(const TensorReport& tensor) {
  if (!tensor.quantized()) return absl::StrCat("kept: ", tensor.reason());
  if (tensor.scales() == 0) {
    return absl::StrCat(tensor.datatype(), ", SQNR ", SqnrText(tensor.sqnr_db()));
  }
  return absl::StrFormat("quantized, %d scale%s, SQNR %s", tensor.scales(),
                         tensor.scales() == 1 ? "" : "s", SqnrText(tensor.sqnr_db()));
}

std::string WeightsText(const QuantizeReport& report) {
  std::vector<const TensorReport*> rows;
  for (const TensorReport& tensor : report.tensors()) {
    if (tensor.role() != "activation") rows.push_back(&tensor);
  }
  Table table(
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  table.AddRow({"TENSOR (WORST FIRST)", "OP", "ELEMENTS", "BEFORE", "AFTER", "RESULT"});
  rows = WorstFirst(std::move(rows));
  for (size_t i = 0; i < std::min(rows.size(), kMaxRows); ++i) {
    const TensorReport& tensor = *rows[i];
    table.AddRow({tensor.tensor(), tensor.op(), absl::StrCat(tensor.elements()),
                  BytesText(tensor.bytes_before()), BytesText(tensor.bytes_after()),
                  Outcome(tensor)});
  }
  return absl::StrCat(table.Format(kMaxNameBytes), RestText(rows.size(), "tensors"));
}

std::string TargetText(const google::protobuf::RepeatedPtrField<octet::v1::Obstacle>& obstacles) {
  if (obstacles.empty()) return "yes";
  const octet::v1::Obstacle& first = obstacles.Get(0);
  return absl::StrCat("no, ", Printable(first.op()), first.op().empty() ? "" : ": ",
                      Printable(first.reason()),
                      obstacles.size() > 1 ? absl::StrCat(" (and ", obstacles.size() - 1, " more)")
                                           : std::string());
}

std::string OutputsText(const QuantizeReport& report) {
  std::string text;
  for (const octet::v1::OutputReport& output : report.outputs()) {
    absl::StrAppend(&text, "output ", Printable(output.output()), " over ", report.samples(),
                    " samples: SQNR ", SqnrText(output.error().sqnr_db()),
                    absl::StrFormat(", cosine %.5f, largest error %.3g, same first element in %s\n",
                                    output.error().cosine(), output.error().max_abs(),
                                    PercentText(output.agreement())));
  }
  return text;
}

}  // namespace

std::string SqnrText(double sqnr_db) {
  return std::isinf(sqnr_db) && sqnr_db > 0 ? "exact" : absl::StrFormat("%.1f dB", sqnr_db);
}

std::string SizesText(const QuantizeReport& report) {
  std::string text =
      absl::StrCat(BytesText(report.bytes_before()), " -> ", BytesText(report.bytes_after()));
  if (report.bytes_before() > 0) {
    absl::StrAppendFormat(&text, " (%.0f %%)",
                          100.0 * report.bytes_after() / report.bytes_before());
  }
  return text;
}

nlohmann::ordered_json QuantizeReportJson(const QuantizeReport& report) {
  Json document = {{"bytes_before", report.bytes_before()},
                   {"bytes_after", report.bytes_after()},
                   {"samples", report.samples()},
                   {"tensors", Json::array()},
                   {"layers", Json::array()},
                   {"outputs", Json::array()}};
  for (const TensorReport& tensor : report.tensors()) {
    document["tensors"].push_back(TensorJson(tensor));
  }
  for (const LayerReport& layer : report.layers()) document["layers"].push_back(LayerJson(layer));
  for (const octet::v1::OutputReport& output : report.outputs()) {
    Json entry = {{"output", output.output()}, {"agreement", output.agreement()}};
    entry["error"] = ErrorJson(output.error());
    document["outputs"].push_back(std::move(entry));
  }
  const octet::v1::CompatibilityReport& compatibility = report.compatibility();
  document["compatibility"] = {{"not_int8", ObstaclesJson(compatibility.not_int8())},
                               {"edge_tpu", ObstaclesJson(compatibility.edge_tpu())},
                               {"micro", ObstaclesJson(compatibility.micro())}};
  if (report.has_latency_before() && report.has_latency_after()) {
    document["latency_us"] = {{"before", RunTimeJson(report.latency_before())},
                              {"after", RunTimeJson(report.latency_after())}};
  }
  AddRemarks(report, document);
  if (report.has_stored_as()) {
    document["stored_as"] = {{"name", report.stored_as().name()},
                             {"version", report.stored_as().version()}};
  }
  return document;
}

std::string QuantizeReportText(const QuantizeReport& report) {
  int quantized = 0;
  for (const TensorReport& tensor : report.tensors()) quantized += tensor.quantized() ? 1 : 0;
  std::string text = LayersText(report);
  if (text.empty()) text = WeightsText(report);
  absl::StrAppend(&text, quantized, " of ", report.tensors_size(), " tensors quantized; ",
                  SizesText(report), "\n", OutputsText(report));
  if (report.has_latency_before() && report.has_latency_after()) {
    absl::StrAppend(
        &text, "one run on one thread: ", MicrosecondsText(report.latency_before().median_us()),
        " -> ", MicrosecondsText(report.latency_after().median_us()), "\n");
  }
  for (const std::string& note : report.notes()) {
    absl::StrAppend(&text, "note: ", Printable(note), "\n");
  }
  if (report.has_compatibility()) {
    const octet::v1::CompatibilityReport& targets = report.compatibility();
    absl::StrAppend(&text, "int8 throughout: ", TargetText(targets.not_int8()), "\n",
                    "an Edge TPU would take it: ", TargetText(targets.edge_tpu()), "\n",
                    "TFLite Micro would take it: ", TargetText(targets.micro()), "\n");
  }
  if (report.has_stored_as()) {
    absl::StrAppend(&text, "stored as ", Printable(report.stored_as().name()), ", version ",
                    Printable(report.stored_as().version()), "\n");
  }
  return text;
}

}  // namespace octet::client
