// octet quantize: a float model into a quantized one, with what became of each tensor.
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/commands.h"
#include "client/cli/progress.h"
#include "client/cli/quantize_page.h"
#include "client/cli/quantize_text.h"
#include "client/cli/sample_files.h"
#include "client/lib/files.h"

namespace octet::client {
namespace {

constexpr int64_t kMaxModelBytes = int64_t{2} << 30;

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
  if (arguments.captured) {
    start.mutable_captured_from()->set_name(arguments.captured->name);
    start.mutable_captured_from()->set_version(arguments.captured->version);
  }
  start.set_skip_latency(arguments.skip_latency);
  return start;
}

// "measure conv_1, 12 s left"
std::string ProgressNote(const octet::v1::QuantizeProgress& progress) {
  std::string note = progress.stage();
  if (progress.has_eta_seconds() && progress.eta_seconds() >= 1) {
    absl::StrAppendFormat(&note, ", %.0f s left", progress.eta_seconds());
  }
  if (!progress.tensor().empty()) absl::StrAppend(&note, " ", progress.tensor());
  return note;
}

// Source and samples go out, the result comes back.
absl::StatusOr<QuantizeResult> Ask(const Context& context, const QuantizeArguments& arguments) {
  std::string source;
  if (!arguments.source) {
    auto bytes = ReadFile(arguments.input_path, kMaxModelBytes);
    if (!bytes.ok()) return bytes.status();
    source = *std::move(bytes);
  }
  SampleFolder folder;
  if (!arguments.samples_dir.empty()) {
    auto samples = ReadSamples(arguments.samples_dir);
    if (!samples.ok()) return samples.status();
    folder = *std::move(samples);
  }
  ProgressBar bar(context.console.err, context.console.err_is_terminal);
  bar.Update(0, "sending");
  absl::StatusOr<QuantizeResult> result =
      context.client.Quantize({MakeStart(arguments), source, folder.samples},
                              [&bar](const octet::v1::QuantizeProgress& progress) {
                                bar.Update(progress.fraction(), ProgressNote(progress));
                              });
  bar.Clear();
  if (!result.ok()) return context.Explain(NameSample(result.status(), folder.files));
  if (!arguments.output_path.empty() && result->model.empty()) {
    return absl::InternalError("the server returned no model");
  }
  return result;
}

std::string SourceName(const QuantizeArguments& arguments) {
  if (!arguments.source) return arguments.input_path;
  const ModelName& model = *arguments.source;
  return absl::StrCat(model.name, model.version.empty() ? "" : ":", model.version);
}

absl::Status WriteFiles(const QuantizeArguments& arguments, const QuantizeResult& result) {
  if (!arguments.output_path.empty()) {
    const absl::Status written = WriteFile(arguments.output_path, result.model);
    if (!written.ok()) return written;
  }
  if (arguments.report_path.empty()) return absl::OkStatus();
  return WriteFile(arguments.report_path,
                   QuantizePage(SourceName(arguments), arguments.options, result.report));
}

}  // namespace

absl::Status Run(const Context& context, const QuantizeArguments& arguments) {
  const absl::StatusOr<QuantizeResult> result = Ask(context, arguments);
  if (!result.ok()) return result.status();
  const absl::Status written = WriteFiles(arguments, *result);
  if (!written.ok()) return written;
  Console& console = context.console;
  if (console.json) {
    nlohmann::ordered_json document = QuantizeReportJson(result->report);
    if (!arguments.output_path.empty()) document["output"] = arguments.output_path;
    if (!arguments.report_path.empty()) document["report"] = arguments.report_path;
    WriteJson(console.out, document);
    return absl::OkStatus();
  }
  console.out << QuantizeReportText(result->report);
  if (!arguments.output_path.empty()) console.out << "written to " << arguments.output_path << "\n";
  if (!arguments.report_path.empty()) {
    console.out << "report: open " << arguments.report_path << " in a browser\n";
  }
  return absl::OkStatus();
}

}  // namespace octet::client
