// octet quantize: a float model into a quantized one, with what became of each tensor.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/commands.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

using Json = nlohmann::ordered_json;
using octet::v1::QuantizeReport;
using octet::v1::TensorReport;
using Align = Table::Align;

constexpr int64_t kMaxModelBytes = int64_t{2} << 30;
// Converters join names of fused operators, hundreds of bytes long; --json has them whole.
constexpr size_t kMaxNameBytes = 44;

Json TensorJson(const TensorReport& tensor) {
  Json entry = {{"tensor", tensor.tensor()},
                {"op", tensor.op()},
                {"quantized", tensor.quantized()},
                {"elements", tensor.elements()},
                {"bytes_before", tensor.bytes_before()},
                {"bytes_after", tensor.bytes_after()}};
  if (tensor.quantized()) {
    entry["scales"] = tensor.scales();
    entry["quantized_dimension"] = tensor.quantized_dimension();
    entry["min"] = tensor.min();
    entry["max"] = tensor.max();
    entry["sqnr_db"] = tensor.sqnr_db();
  } else {
    entry["reason"] = tensor.reason();
  }
  return entry;
}

Json ReportJson(const QuantizeReport& report, const std::string& output_path) {
  Json document = {{"bytes_before", report.bytes_before()},
                   {"bytes_after", report.bytes_after()},
                   {"tensors", Json::array()}};
  for (const TensorReport& tensor : report.tensors()) {
    document["tensors"].push_back(TensorJson(tensor));
  }
  if (!output_path.empty()) document["output"] = output_path;
  if (report.has_stored_as()) {
    document["stored_as"] = {{"name", report.stored_as().name()},
                             {"version", report.stored_as().version()}};
  }
  return document;
}

std::string Outcome(const TensorReport& tensor) {
  if (!tensor.quantized()) return absl::StrCat("kept: ", tensor.reason());
  return absl::StrFormat("quantized, %d scale%s, SQNR %.1f dB", tensor.scales(),
                         tensor.scales() == 1 ? "" : "s", tensor.sqnr_db());
}

std::string TensorsText(const QuantizeReport& report) {
  Table table(
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  table.AddRow({"TENSOR", "OP", "ELEMENTS", "BEFORE", "AFTER", "RESULT"});
  for (const TensorReport& tensor : report.tensors()) {
    table.AddRow({tensor.tensor(), tensor.op(), absl::StrCat(tensor.elements()),
                  BytesText(tensor.bytes_before()), BytesText(tensor.bytes_after()),
                  Outcome(tensor)});
  }
  return table.Format(kMaxNameBytes);
}

std::string ReportText(const QuantizeReport& report, const std::string& output_path) {
  int quantized = 0;
  for (const TensorReport& tensor : report.tensors()) quantized += tensor.quantized() ? 1 : 0;
  std::string text = TensorsText(report);
  absl::StrAppend(&text, quantized, " of ", report.tensors_size(), " tensors quantized; ",
                  BytesText(report.bytes_before()), " -> ", BytesText(report.bytes_after()));
  if (report.bytes_before() > 0) {
    absl::StrAppendFormat(&text, " (%.0f %%)",
                          100.0 * report.bytes_after() / report.bytes_before());
  }
  text += "\n";
  if (!output_path.empty()) absl::StrAppend(&text, "written to ", output_path, "\n");
  if (report.has_stored_as()) {
    absl::StrAppend(&text, "stored as ", Printable(report.stored_as().name()), ", version ",
                    Printable(report.stored_as().version()), "\n");
  }
  return text;
}

octet::v1::QuantizeStart MakeStart(const QuantizeArguments& arguments) {
  octet::v1::QuantizeStart start;
  if (arguments.source) {
    start.mutable_source()->set_name(arguments.source->name);
    start.mutable_source()->set_version(arguments.source->version);
  }
  *start.mutable_options() = arguments.options;
  if (arguments.store_as) {
    start.mutable_store_as()->set_name(arguments.store_as->name);
    start.mutable_store_as()->set_version(arguments.store_as->version);
  }
  start.set_return_model(!arguments.output_path.empty());
  return start;
}

}  // namespace

absl::Status Run(const Context& context, const QuantizeArguments& arguments) {
  std::string source;
  if (!arguments.source) {
    auto bytes = ReadFile(arguments.input_path, kMaxModelBytes);
    if (!bytes.ok()) return bytes.status();
    source = *std::move(bytes);
  }
  Console& console = context.console;
  absl::StatusOr<QuantizeResult> result;
  {
    ProgressBar bar(console.err, console.err_is_terminal);
    bar.Update(0, "sending");
    result = context.client.Quantize(
        {MakeStart(arguments), source}, [&](const octet::v1::QuantizeProgress& progress) {
          bar.Update(progress.fraction(), absl::StrCat(progress.stage(), " ", progress.tensor()));
        });
  }
  if (!result.ok()) return context.Explain(result.status());
  if (!arguments.output_path.empty()) {
    if (result->model.empty()) return absl::InternalError("the server returned no model");
    const absl::Status written = WriteFile(arguments.output_path, result->model);
    if (!written.ok()) return written;
  }
  if (console.json) {
    WriteJson(console.out, ReportJson(result->report, arguments.output_path));
  } else {
    console.out << ReportText(result->report, arguments.output_path);
  }
  return absl::OkStatus();
}

}  // namespace octet::client
