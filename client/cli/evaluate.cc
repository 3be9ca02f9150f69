// octet evaluate: a model's accuracy and latency on a labelled set.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/commands.h"
#include "client/cli/table.h"
#include "client/formats/npz.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;
using octet::v1::EvaluateResponse;
using Align = Table::Align;

// What one message can carry to the server.
constexpr int64_t kMaxDataBytes = 256 << 20;

std::string RefText(const octet::v1::ModelRef& model) {
  return absl::StrCat(model.name(), model.version().empty() ? "" : ":", model.version());
}

Json LatencyJson(const octet::v1::LatencySummary& latency) {
  return {{"mean", latency.mean_us()},
          {"p50", latency.p50_us()},
          {"p90", latency.p90_us()},
          {"p99", latency.p99_us()},
          {"max", latency.max_us()}};
}

Json RefJson(const octet::v1::ModelRef& model) {
  return {{"name", model.name()}, {"version", model.version()}};
}

Json ReportJson(const EvaluateResponse& report) {
  Json document = {{"model", RefJson(report.model())},
                   {"samples", report.samples()},
                   {"model_bytes", report.model_bytes()},
                   {"latency_us", LatencyJson(report.latency())}};
  if (report.has_top1()) document["top1"] = report.top1();
  if (report.has_top5()) document["top5"] = report.top5();
  if (report.has_agreement()) document["agreement"] = report.agreement();
  if (report.has_mse()) document["mse"] = report.mse();
  if (report.has_sqnr_db()) document["sqnr_db"] = report.sqnr_db();
  if (report.has_max_abs_error()) document["max_abs_error"] = report.max_abs_error();
  if (report.has_reference()) {
    document["reference"] = {{"model", RefJson(report.reference())},
                             {"model_bytes", report.reference_bytes()},
                             {"latency_us", LatencyJson(report.reference_latency())}};
    if (report.has_reference_top1()) document["reference"]["top1"] = report.reference_top1();
  }
  return document;
}

// Adds rows for the model and, in a column of its own, for the reference.
class ReportTable {
 public:
  explicit ReportTable(bool has_reference)
      : has_reference_(has_reference),
        table_(has_reference ? std::vector<Align>{Align::kLeft, Align::kRight, Align::kRight}
                             : std::vector<Align>{Align::kLeft, Align::kRight}) {}

  void Add(const std::string& what, const std::string& model, const std::string& reference = "") {
    std::vector<std::string> cells = {what, model};
    if (has_reference_) cells.push_back(reference);
    table_.AddRow(std::move(cells));
  }

  void AddLatency(const std::string& what, double model_us, double reference_us) {
    Add(what, MicrosecondsText(model_us), MicrosecondsText(reference_us));
  }

  std::string Format() const { return table_.Format(); }

 private:
  bool has_reference_;
  Table table_;
};

std::string ReportText(const EvaluateResponse& report) {
  const auto& latency = report.latency();
  const auto& reference = report.reference_latency();
  ReportTable table(report.has_reference());
  table.Add(absl::StrCat(report.samples(), " samples"), RefText(report.model()),
            RefText(report.reference()));
  table.Add("model size", BytesText(report.model_bytes()), BytesText(report.reference_bytes()));
  if (report.has_top1()) {
    table.Add("accuracy (top 1)", PercentText(report.top1()),
              report.has_reference_top1() ? PercentText(report.reference_top1()) : "");
  }
  if (report.has_top5()) table.Add("accuracy (top 5)", PercentText(report.top5()));
  table.AddLatency("latency mean", latency.mean_us(), reference.mean_us());
  table.AddLatency("latency p50", latency.p50_us(), reference.p50_us());
  table.AddLatency("latency p90", latency.p90_us(), reference.p90_us());
  table.AddLatency("latency p99", latency.p99_us(), reference.p99_us());
  table.AddLatency("latency max", latency.max_us(), reference.max_us());
  if (report.has_agreement()) {
    table.Add("agreement with reference", PercentText(report.agreement()));
  }
  if (report.has_mse()) table.Add("mean squared error", absl::StrFormat("%.3g", report.mse()));
  if (report.has_max_abs_error()) {
    table.Add("largest error", absl::StrFormat("%.3g", report.max_abs_error()));
  }
  if (report.has_sqnr_db()) table.Add("SQNR", absl::StrFormat("%.1f dB", report.sqnr_db()));
  return table.Format();
}

absl::StatusOr<SampleSet> ReadSamples(const std::string& path,
                                      const inference::ModelMetadataResponse& metadata) {
  const auto bytes = ReadFile(path, kMaxDataBytes);
  if (!bytes.ok()) return bytes.status();
  const auto named = [&](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  auto arrays = ParseNpz(*bytes, kMaxDataBytes);
  if (!arrays.ok()) return named(arrays.status());
  const auto specs = InputSpecs(metadata);
  if (!specs.ok()) return specs.status();
  auto samples = BindSamples(*std::move(arrays), *specs);
  if (!samples.ok()) return named(samples.status());
  return samples;
}

void SetRef(const ModelName& model, octet::v1::ModelRef* ref) {
  ref->set_name(model.name);
  ref->set_version(model.version);
}

}  // namespace

absl::Status Run(const Context& context, const EvaluateArguments& arguments) {
  const auto metadata = context.client.Metadata(arguments.model);
  if (!metadata.ok()) return context.Explain(metadata.status());
  auto samples = ReadSamples(arguments.data_path, *metadata);
  if (!samples.ok()) return samples.status();
  if (samples->labels.empty() && !arguments.reference) {
    return absl::InvalidArgumentError(
        absl::StrCat(arguments.data_path,
                     ": has no array 'labels'; without labels, --reference MODEL is needed"));
  }
  octet::v1::EvaluateRequest request;
  SetRef(arguments.model, request.mutable_model());
  if (arguments.reference) SetRef(*arguments.reference, request.mutable_reference());
  for (auto& input : samples->inputs) *request.add_inputs() = std::move(input);
  request.mutable_labels()->Assign(samples->labels.begin(), samples->labels.end());
  Console& console = context.console;
  if (console.err_is_terminal) {
    console.err << "Evaluating " << samples->samples << " samples...\r" << std::flush;
  }
  const auto report = context.client.Evaluate(request);
  if (console.err_is_terminal) console.err << "\x1b[K" << std::flush;
  if (!report.ok()) return context.Explain(report.status());
  if (console.json) {
    WriteJson(console.out, ReportJson(*report));
  } else {
    console.out << ReportText(*report);
  }
  return absl::OkStatus();
}

}  // namespace octet::client
